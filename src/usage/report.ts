import type { Line } from './build.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { duePeriods, isAtMonthEdge, isClosing, type Period } from './period.ts';
import { checkMeasurable, checkSkew } from './preconditions.ts';
import { type FinalResource, reportFinal } from './report-final.ts';
import { type MonthDeps, reportMonth } from './report-month.ts';
import type { Sampler } from './sampler.ts';
import { type ReportSummary, startTally } from './tally.ts';

export interface ReporterDeps extends MonthDeps {
  /** Months reported: the current one and the ones before it. */
  readonly periods: number;
  /** Of an offering whose usage is sampled. */
  readonly sampler: Sampler | undefined;
}

export interface ReportOptions {
  /** Nothing is sent, and nothing is sampled. */
  readonly dryRun?: boolean;
  /** This month instead of those that are due. */
  readonly period?: Period | undefined;
  /** Every decision, as it is made. */
  onLine?(line: Line, period: Period): void;
}

export interface Reporter {
  /**
   * One pass over the offering. One resource's failure never holds up another.
   *
   * @throws AgentError when Waldur cannot be read, refuses our credentials, its clock and ours disagree by an hour, or a
   *   month is asked for that can no longer be measured.
   */
  report(options: ReportOptions, signal: AbortSignal): Promise<ReportSummary>;
  /**
   * The last report of a resource, before a terminate order deletes its account.
   *
   * @param orderedAt while the order is younger than an hour, a failure that may pass is thrown: the account is still
   *   there, and the order can be tried again. Later it is logged, and the deletion goes on.
   */
  reportFinal(resource: FinalResource, orderedAt: Date, signal: AbortSignal): Promise<void>;
}

/** Keeps what Waldur has recorded between passes, so that an unchanged month is read only once. */
export function createReporter(deps: ReporterDeps): Reporter {
  const { offering, waldur, clock, timezone } = deps;
  let kept: Ledger | undefined;

  /** A kept ledger is replaced by one that was read completely, never by a part of one. */
  async function ledgerOf(period: Period, signal: AbortSignal): Promise<{ ledger: Ledger; isFresh: boolean }> {
    if (period.isCurrent && kept?.billingPeriod === period.billingPeriod) return { ledger: kept, isFresh: false };
    const ledger = createLedger(waldur.usages, offering.uuid, period.billingPeriod);
    await ledger.read(signal);
    if (period.isCurrent) kept = ledger;
    return { ledger, isFresh: true };
  }

  /** The last report of a month counts to its end what was measured just now. */
  async function sampleLast(due: readonly Period[], now: Date, signal: AbortSignal): Promise<void> {
    if (due.some((period) => isClosing(period, now))) await deps.sampler?.pass(signal);
  }

  return {
    report: async ({ dryRun = false, period: asked, onLine }, signal) => {
      checkSkew(deps);
      checkMeasurable(asked, offering.metering);
      const tally = startTally();
      const now = clock.now();
      const due = asked ? [asked] : duePeriods(now, timezone, deps.periods, offering.metering);
      if (!dryRun) await sampleLast(due, now, signal);
      const takesDate = await waldur.usages.takesDate(signal);
      for (const period of due) {
        // Without dates a report lands in the month in which it arrives.
        if (!takesDate && (!period.isCurrent || isAtMonthEdge(now, timezone))) continue;
        const ledger = await ledgerOf(period, signal);
        await reportMonth(deps, { period, ...ledger, takesDate, dryRun, onLine }, tally, signal);
      }
      return tally;
    },
    reportFinal: (resource, orderedAt, signal) =>
      reportFinal(deps, resource, orderedAt, (report) => kept?.submitted(report), signal),
  };
}
