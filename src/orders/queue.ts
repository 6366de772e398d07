import type { Clock } from '../lib/clock.ts';
import type { Job } from './job.ts';
import { createLanes } from './lanes.ts';
import { createRunner } from './runner.ts';
import type { Slots } from './slots.ts';
import { createWaiters } from './waiters.ts';

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

export interface QueueOptions {
  readonly clock: Clock;
  readonly slots: Slots;
  /** The most jobs that wait or sleep. */
  readonly limit: number;
}

/** Serial per resource, parallel across resources, newer hints coalesced, bounded; its share of the slots is its own. */
export function createQueue({ clock, slots, limit }: QueueOptions): OrderQueue {
  const lanes = createLanes();
  const room = createWaiters<boolean>();
  const offered: Job[] = [];
  /** With those that sleep: they come back, so they need their place. */
  let waiting = 0;
  let closed = false;
  const isFull = (): boolean => waiting >= limit;

  const runner = createRunner({
    clock,
    share: slots.share(),
    lanes,
    began: () => {
      waiting--;
      makeRoom();
    },
    slept: () => void waiting++,
  });

  function push(job: Job): boolean {
    if (lanes.merge(job)) return true;
    if (closed || isFull()) return false;
    waiting++;
    runner.wake(lanes.add(job));
    return true;
  }

  function makeRoom(): void {
    while (offered.length > 0 && !isFull()) {
      const next = offered.shift();
      if (next !== undefined) push(next);
    }
    room.tell(true);
  }

  return {
    push,
    offer: (job) => {
      if (!push(job) && !closed) offered.push(job);
    },
    forgetOffers: () => {
      offered.length = 0;
      lanes.forgetSettled();
    },
    has: lanes.hasJob,
    hasLane: lanes.has,
    waiting: () => waiting,
    running: runner.count,
    oldestStart: runner.oldest,
    room: async () => !closed && (!isFull() || room.wait()),
    drain: () => {
      closed = true;
      offered.length = 0;
      const idle = runner.close();
      room.tell(false);
      return idle;
    },
  };
}
