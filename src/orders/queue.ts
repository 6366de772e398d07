import type { Clock } from '../lib/clock.ts';
import type { Slots } from './slots.ts';

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

export interface OrderQueue {
  /** False when the queue is full: nothing was taken, try again when `room` resolves. */
  push(job: Job): boolean;
  /** Takes a job that came from the event bus, as soon as there is room. */
  offer(job: Job): void;
  /**
   * The session that offered jobs is over, and its broker delivers again what was not acknowledged: drops what waits for
   * room and lets go of acknowledgements that mean nothing any more. Otherwise they pile up while sessions come and go.
   */
  forgetOffers(): void;
  /** Waiting, sleeping or running. */
  has(lane: string, id: string): boolean;
  /** Anything at all of the lane. */
  hasLane(lane: string): boolean;
  /** Waiting or sleeping: what the limit bounds. */
  waiting(): number;
  running(): number;
  /** Since when the oldest running job has been running, in the clock's monotonic milliseconds. */
  oldestStart(): number | undefined;
  /** True when there is room for another job, false when there never will be. */
  room(): Promise<boolean>;
  /** Takes nothing more and drops what waits; resolves when what runs is over. */
  drain(): Promise<void>;
}

interface Lane {
  readonly jobs: Waiting[];
  busy: boolean;
  current: string | undefined;
}

interface Waiting {
  readonly job: Job;
  readonly settled: (() => void)[];
  attempt: number;
}

/** Serial per resource, parallel across resources, newer hints coalesced, bounded; its share of the slots is its own. */
export function createQueue(options: {
  readonly clock: Clock;
  readonly slots: Slots;
  readonly limit: number;
}): OrderQueue {
  const share = options.slots.share();
  const lanes = new Map<string, Lane>();
  const offered: Job[] = [];
  const starts = new Set<{ readonly at: number }>();
  let count = 0;
  let sleeping = 0;
  let closed = false;
  const roomWaiters: ((open: boolean) => void)[] = [];
  const idleWaiters: (() => void)[] = [];

  /** A job that sleeps comes back, so it needs its place. */
  const waiting = (): number => count + sleeping;
  const isFull = (): boolean => waiting() >= options.limit;

  function push(job: Job): boolean {
    const lane = lanes.get(job.lane);
    const twin = lane?.jobs.find((waiting) => waiting.job.id === job.id);
    if (twin !== undefined) {
      twin.settled.push(() => job.settled());
      return true;
    }
    if (closed || isFull()) return false;
    count++;
    const entry: Waiting = { job, settled: [() => job.settled()], attempt: 0 };
    if (lane === undefined) lanes.set(job.lane, { jobs: [entry], busy: false, current: undefined });
    else lane.jobs.push(entry);
    wake(job.lane);
    return true;
  }

  /** Queues the lane's next job for a slot, unless the lane already waits for one, runs or sleeps. */
  function wake(name: string): void {
    const lane = lanes.get(name);
    if (lane === undefined || lane.busy) return;
    if (lane.jobs.length === 0) {
      lanes.delete(name);
      return;
    }
    lane.busy = true;
    share.take(() => void work(name, lane));
  }

  async function work(name: string, lane: Lane): Promise<void> {
    const entry = closed ? undefined : lane.jobs.shift();
    // Dropped, not settled: its frame stays unacknowledged and the next process gets it.
    if (entry === undefined) return finish(name, lane, undefined);
    count--;
    makeRoom();
    lane.current = entry.job.id;
    const start = { at: options.clock.monotonicMs() };
    starts.add(start);
    const again = await entry.job.run(entry.attempt++);
    starts.delete(start);
    if (again === undefined || closed) return finish(name, lane, entry);
    share.release();
    sleeping++;
    options.clock.after(again.againAfterMs, () => {
      sleeping--;
      if (closed) return;
      lane.jobs.unshift(entry);
      count++;
      lane.busy = false;
      lane.current = undefined;
      wake(name);
    });
    notifyIdle();
  }

  function finish(name: string, lane: Lane, entry: Waiting | undefined): void {
    if (entry !== undefined) settle(entry);
    lane.busy = false;
    lane.current = undefined;
    share.release();
    if (closed) lanes.delete(name);
    else wake(name);
    notifyIdle();
  }

  function makeRoom(): void {
    while (offered.length > 0 && !isFull()) {
      const next = offered.shift();
      if (next !== undefined) push(next);
    }
    for (const resolve of roomWaiters.splice(0)) resolve(true);
  }

  function notifyIdle(): void {
    if (starts.size === 0) for (const resolve of idleWaiters.splice(0)) resolve();
  }

  return {
    push,
    offer: (job) => {
      if (!push(job) && !closed) offered.push(job);
    },
    forgetOffers: () => {
      offered.length = 0;
      for (const { jobs } of lanes.values()) for (const entry of jobs) entry.settled.length = 0;
    },
    has: (name, id) => {
      const lane = lanes.get(name);
      return lane !== undefined && (lane.current === id || lane.jobs.some((entry) => entry.job.id === id));
    },
    hasLane: (name) => lanes.has(name),
    waiting,
    running: () => starts.size,
    oldestStart: () => {
      let oldest: number | undefined;
      for (const { at } of starts) oldest = Math.min(oldest ?? at, at);
      return oldest;
    },
    room: () => {
      if (closed) return Promise.resolve(false);
      return !isFull() ? Promise.resolve(true) : new Promise((resolve) => roomWaiters.push(resolve));
    },
    drain: () => {
      closed = true;
      share.close();
      offered.length = 0;
      for (const resolve of roomWaiters.splice(0)) resolve(false);
      return starts.size === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve));
    },
  };
}

function settle(entry: Waiting): void {
  for (const settled of entry.settled) settled();
}
