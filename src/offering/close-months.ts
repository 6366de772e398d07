import { nextClosing } from '../usage/period.ts';
import type { OfferingContext } from './context.ts';

/** The slot lies 7 to 10 minutes before the end: early enough to be tried again, and spread over many sites. */
const LEAD_MS = 10 * 60_000;
const SPREAD_MS = 3 * 60_000;
const PAUSE_MS = 120_000;
/** Timers do not notice a suspended machine: the time is looked at again. */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * Reports each month once more just before it ends, because Waldur takes no usage of months that are over; again every two
 * minutes while that fails. Returns when the signal fires.
 *
 * @param report makes the pass; false when it failed
 */
export async function closeMonths(
  { clock, config, random }: Pick<OfferingContext, 'clock' | 'config' | 'random'>,
  report: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const leadMs = LEAD_MS - SPREAD_MS * random();
  const leftMs = (until: number): number => until - clock.now().getTime();
  const sleep = (ms: number): Promise<void> => clock.sleep(ms, signal).catch(() => undefined);
  while (!signal.aborted) {
    const slot = nextClosing(clock.now(), config.timezone, leadMs).getTime();
    while (leftMs(slot) > 0 && !signal.aborted) await sleep(Math.min(leftMs(slot), LONGEST_SLEEP_MS));
    const end = slot + leadMs;
    // Past the end the machine was suspended: the next report says what was lost.
    while (leftMs(end) > 0 && !signal.aborted && !(await report()) && leftMs(end) > PAUSE_MS) await sleep(PAUSE_MS);
  }
}
