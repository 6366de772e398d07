import type { Job } from './job.ts';

/** A job in its lane, with the acknowledgements of those it took in. */
export interface Waiting {
  readonly job: Job;
  readonly settled: (() => void)[];
  attempt: number;
}

export interface Lane {
  readonly name: string;
  readonly jobs: Waiting[];
  /** Waits for a slot, runs or sleeps. */
  busy: boolean;
  /** The id of the job that runs or sleeps. */
  current: string | undefined;
}

/** The lanes in which there is anything. */
export interface Lanes {
  has(name: string): boolean;
  /** Waiting, sleeping or running. */
  hasJob(name: string, id: string): boolean;
  /** Whether a job like this one waits; it then takes in the new one. */
  merge(job: Job): boolean;
  /** Puts the job at the end of its lane. */
  add(job: Job): Lane;
  remove(lane: Lane): void;
  /** Lets go of everything that would be called when what waits is over. */
  forgetSettled(): void;
}

export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>();
  return {
    has: (name) => lanes.has(name),
    hasJob: (name, id) => {
      const lane = lanes.get(name);
      return lane !== undefined && (lane.current === id || lane.jobs.some((entry) => entry.job.id === id));
    },
    merge: (job) => {
      const twin = lanes.get(job.lane)?.jobs.find((entry) => entry.job.id === job.id);
      twin?.settled.push(() => job.settled());
      return twin !== undefined;
    },
    add: (job) => {
      const lane = lanes.get(job.lane) ?? { name: job.lane, jobs: [], busy: false, current: undefined };
      lanes.set(job.lane, lane);
      lane.jobs.push({ job, settled: [() => job.settled()], attempt: 0 });
      return lane;
    },
    remove: (lane) => void lanes.delete(lane.name),
    forgetSettled: () => {
      for (const { jobs } of lanes.values()) for (const entry of jobs) entry.settled.length = 0;
    },
  };
}
