import type { Clock } from '../../src/lib/clock.ts';

/** Does the work now and `ms` after each time it was done, until the signal fires. */
export async function repeat(clock: Clock, ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(ms, signal).catch(() => undefined);
  }
}
