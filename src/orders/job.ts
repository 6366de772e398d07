/** Work of one lane; jobs of a lane never run side by side. */
export interface Job {
  /** UUID of the resource. */
  readonly lane: string;
  /** UUID of the order: a job that still waits takes in another one with the same lane and id. */
  readonly id: string;
  /** Must not throw. A delay asks to be run again after it; the lane stays closed meanwhile, the slot does not. */
  run(attempt: number): Promise<Again | undefined>;
  /** Called once when the job is over, also when it was taken into another one. */
  settled(): void;
}

export interface Again {
  readonly againAfterMs: number;
}
