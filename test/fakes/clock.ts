import type { Clock } from '../../src/lib/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time and fires what is due, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Timers and sleeps that wait. */
  pending(): number;
}

/** Time that passes only when a test says so. */
export function manualClock(start = '2026-08-25T10:00:00Z'): ManualClock {
  let now = Date.parse(start);
  const origin = now;
  const timers = new Set<{ at: number; fire: () => void }>();
  const after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: now + Math.max(0, ms), fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => new Date(now),
    monotonicMs: () => now - origin,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          cancel();
          reject(signal.reason as Error);
        };
        const cancel = after(ms, () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        });
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    advance: async (ms) => {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.fire();
        await settle();
      }
      now = end;
    },
    pending: () => timers.size,
  };
}

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}
