import type { Clock } from '../lib/clock.ts';

export interface ThrottleLimits {
  /** Calls at once. */
  readonly concurrency: number;
  /** Calls begun in a second, on average and at once; unbounded without it. */
  readonly perSecond: number | undefined;
}

export interface ThrottleOptions {
  readonly clock: Clock;
  /** Asked again for every call. */
  limits(): ThrottleLimits;
}

export interface Throttle {
  /** Runs `work` when it may, first come, first served. `isNew`: it counts for the rate. @throws the signal's reason */
  run<T>(isNew: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createThrottle({ clock, limits }: ThrottleOptions): Throttle {
  const waiting = new Set<() => void>();
  let running = 0;
  /** When the rate would be used up exactly; a call takes one interval of it. */
  let usedUpMs = Number.NEGATIVE_INFINITY;

  function place(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (running < limits().concurrency) {
      running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.delete(take);
        reject(signal.reason as Error);
      };
      const take = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(take);
    });
  }

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) {
      running--;
      return;
    }
    waiting.delete(next);
    next();
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const { perSecond } = limits();
    if (perSecond === undefined) return;
    const intervalMs = 1000 / perSecond;
    const burstMs = Math.max(0, 1000 - intervalMs);
    const now = clock.monotonicMs();
    const at = Math.max(now, usedUpMs - burstMs);
    usedUpMs = Math.max(now, usedUpMs) + intervalMs;
    if (at > now) await clock.sleep(at - now, signal);
  }

  return {
    run: async (isNew, signal, work) => {
      await place(signal);
      try {
        if (isNew) await turn(signal);
        return await work();
      } finally {
        leave();
      }
    },
  };
}
