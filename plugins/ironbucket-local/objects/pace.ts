import type { Clock } from '../../../src/lib/clock.ts';

/** Whether the disk answers so fast that waiting for it costs less than a trip through the thread pool. */
export interface Pace {
  isSlow(): boolean;
  /** Runs a call of the file system and sees how long it takes. */
  time<T>(work: () => T): T;
}

/** What one call may take: less is what a busy core takes as well. */
const PATIENCE_MS = 20;
/** For how long the pool is used after one that took longer. */
const SLOW_MS = 250;

export function createPace(clock: Pick<Clock, 'monotonicMs'>): Pace {
  let slowUntilMs = Number.NEGATIVE_INFINITY;
  return {
    isSlow: () => slowUntilMs > Number.NEGATIVE_INFINITY && clock.monotonicMs() < slowUntilMs,
    time: (work) => {
      const startedMs = clock.monotonicMs();
      try {
        return work();
      } finally {
        const endedMs = clock.monotonicMs();
        if (endedMs - startedMs > PATIENCE_MS) slowUntilMs = endedMs + SLOW_MS;
      }
    },
  };
}
