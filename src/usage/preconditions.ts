import { AgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Metering } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import { hasHistory, type Period } from './period.ts';

const SKEW_WARN_MS = 120_000;
const SKEW_LIMIT_MS = 3_600_000;

/** What is there now would be booked as what was there then. @throws AgentError terminal `PERIOD_OVER` */
export function checkMeasurable(period: Period | undefined, metering: Metering): void {
  if (period === undefined || period.isCurrent || hasHistory(metering)) return;
  throw new AgentError(`the usage of ${period.billingPeriod.slice(0, 7)} cannot be measured any more`, {
    code: 'PERIOD_OVER',
    disposition: 'terminal',
    hint: 'metering: current knows what is stored now; only a metering that accrues can report a past month',
  });
}

/** Waldur refuses dates in its future. @throws AgentError operator `CLOCK_SKEW` */
export function checkSkew({ waldur, log }: { readonly waldur: Waldur; readonly log: Log }): void {
  const skew = Math.abs(waldur.clockSkewMs() ?? 0);
  if (skew > SKEW_LIMIT_MS) {
    throw new AgentError(
      'the clocks of this machine and of Waldur disagree by more than an hour, usage is not reported',
      {
        code: 'CLOCK_SKEW',
        disposition: 'operator',
        hint: 'Synchronise the clock of this machine (systemd-timesyncd or chrony).',
      },
    );
  }
  if (skew > SKEW_WARN_MS) log.warn({ skewMs: skew }, 'the clocks of this machine and of Waldur disagree');
}
