import type { Clock } from '../lib/clock.ts';
import { createWaiters } from './waiters.ts';

/** What runs now, and since when. */
export interface Running {
  /** Returns what to call at the end. */
  begin(): () => void;
  count(): number;
  /** Since when the oldest has been running, in the clock's monotonic milliseconds. */
  oldest(): number | undefined;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function createRunning(clock: Clock): Running {
  const starts = new Set<{ readonly at: number }>();
  const idle = createWaiters<void>();
  return {
    begin: () => {
      const start = { at: clock.monotonicMs() };
      starts.add(start);
      return () => {
        starts.delete(start);
        if (starts.size === 0) idle.tell();
      };
    },
    count: () => starts.size,
    oldest: () => {
      let oldest: number | undefined;
      for (const { at } of starts) oldest = Math.min(oldest ?? at, at);
      return oldest;
    },
    idle: () => (starts.size === 0 ? Promise.resolve() : idle.wait()),
  };
}
