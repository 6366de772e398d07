import type { Clock } from '../../../src/lib/clock.ts';

/** Whether the disk answers so fast that waiting for it costs less than a trip through the thread pool. */
export interface Pace {
  isSlow(): boolean;
  /** Runs a call of the file system and sees how long it takes. */
  time<T>(work: () => T): T;
}

export interface Patience {
  /** What one call may take. */
  readonly patienceMs: number;
  /** For how long the pool is used after one that took longer. */
  readonly slowMs: number;
}

export function createPace(clock: Pick<Clock, 'monotonicMs'>, { patienceMs, slowMs }: Patience): Pace {
  let slowUntilMs = Number.NEGATIVE_INFINITY;
  return {
    isSlow: () => slowUntilMs > Number.NEGATIVE_INFINITY && clock.monotonicMs() < slowUntilMs,
    time: (work) => {
      const startedMs = clock.monotonicMs();
      try {
        return work();
      } finally {
        const endedMs = clock.monotonicMs();
        if (endedMs - startedMs > patienceMs) slowUntilMs = endedMs + slowMs;
      }
    },
  };
}
