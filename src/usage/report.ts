import type { ComponentConfig, OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import { forEachLimited } from '../lib/for-each-limited.ts';
import type { Log } from '../lib/log.ts';
import type { Backend, Metering, Usage } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { isBackfillRefusal } from '../waldur/usages.ts';
import { type Built, buildReport, type Line } from './build.ts';
import { collectUsage } from './collect.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { reportUserUsage } from './per-user.ts';
import { duePeriods, hasHistory, isAtMonthEdge, type Period, reportDate } from './period.ts';

export interface UsageDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly log: Log;
  readonly timezone: string;
  readonly periods: number;
  readonly perUser: boolean;
}

export interface ReportOptions {
  /** Nothing is sent. */
  readonly dryRun?: boolean;
  /** This month instead of those that are due. */
  readonly period?: Period | undefined;
  /** Every decision, as it is made. */
  onLine?(line: Line, period: Period): void;
}

/** Resources by what became of them. */
export interface ReportSummary {
  readonly submitted: number;
  readonly unchanged: number;
  /** The backend did not say, or the resource has no account or plan. */
  readonly missing: number;
  readonly failed: number;
  /** Components held back because they would decrease. */
  readonly guarded: number;
  /** What cut the backend short, if something did: the accounts it had not told yet are among the missing. */
  readonly failure: AgentError | undefined;
}

export interface Reporter {
  /**
   * One pass over the offering. One resource's failure never holds up another.
   *
   * @throws AgentError when Waldur cannot be read, refuses our credentials, its clock and ours disagree by an hour, or a
   *   month is asked for that can no longer be measured.
   */
  report(options: ReportOptions, signal: AbortSignal): Promise<ReportSummary>;
}

const SUBMITS_AT_ONCE = 8;
const SKEW_WARN_MS = 120_000;
const SKEW_LIMIT_MS = 3_600_000;

/** Keeps what Waldur has recorded between passes, so that an unchanged month is read only once. */
export function createReporter(deps: UsageDeps): Reporter {
  let kept: Ledger | undefined;
  let billed: ReadonlySet<string> | undefined;

  async function reportPeriod(period: Period, options: Pass, tally: Tally, signal: AbortSignal): Promise<void> {
    const reuse = period.isCurrent && kept?.billingPeriod === period.billingPeriod;
    const ledger = reuse && kept ? kept : createLedger(deps.waldur.usages, deps.offering.uuid, period.billingPeriod);
    let isFresh = !reuse;
    if (isFresh) await ledger.read(signal);
    if (period.isCurrent) kept = ledger;

    billed ??= await billedTypes(deps, signal);
    const components = reportable(deps.offering, billed);
    const types = components.map((component) => component.type);
    const measured: Measured[] = [];
    const states = ['OK', 'Updating', 'Terminating'] as const;
    for await (const page of deps.waldur.resources.listMetered({ offering: deps.offering.uuid, states }, signal)) {
      const stale = page.filter((resource) => !ledger.isCurrent(resource, types));
      if (stale.length > 0 && !isFresh) {
        await ledger.read(signal);
        isFresh = true;
      }
      const usages = await measure(page, period, tally, signal);
      if (usages === undefined) return;
      const built = page.map((resource) => {
        const usage = usages.get(resource.backendId);
        const date = usage && options.canDate ? serverDate(deps, period, usage.measuredAt) : undefined;
        const recorded = ledger.recorded(resource.uuid);
        return buildReport({ offering: deps.offering, components, resource, usage, recorded, date });
      });
      for (const { lines } of built) for (const line of lines) options.onLine?.(line, period);
      await submit(built, ledger, options, tally, signal);
      if (deps.perUser) measured.push(...page.map((resource) => ({ resource, usage: usages.get(resource.backendId) })));
    }
    if (deps.perUser && options.dryRun !== true) await reportUserUsage(deps, components, measured, ledger, signal);
  }

  /** Undefined when the month turned while the backend was read: its numbers belong to neither month. */
  async function measure(
    page: readonly MeteredResource[],
    period: Period,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Usage> | undefined> {
    const accounts = page.filter(isReportable).map((resource) => resource.backendId);
    const query = { metering: deps.offering.metering, window: period.window };
    const { usages, failure } = await collectUsage(deps.backend, accounts, query, signal);
    if (failure !== undefined) {
      tally.failure = failure;
      deps.log.warn({ err: failure }, 'usage of some accounts could not be read');
    }
    const [current] = duePeriods(deps.clock.now(), deps.timezone, 1, deps.offering.metering);
    if (!period.isCurrent || current?.billingPeriod === period.billingPeriod) return usages;
    deps.log.info(
      { period: period.billingPeriod },
      'the month turned during the report, the next one will be of the new month',
    );
    return undefined;
  }

  async function submit(
    built: readonly Built[],
    ledger: Ledger,
    options: ReportOptions,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<void> {
    await forEachLimited(built, SUBMITS_AT_ONCE, signal, async ({ lines, report }) => {
      tally.guarded += lines.filter(({ status }) => status === 'guarded').length;
      if (report === undefined) {
        tally[lines.some(({ status }) => status === 'unreadable') ? 'missing' : 'unchanged']++;
        return;
      }
      try {
        if (options.dryRun !== true) {
          await deps.waldur.usages.submit(report, signal);
          ledger.submitted(report);
        }
        tally.submitted++;
      } catch (error) {
        signal.throwIfAborted();
        const failure = toAgentError(error);
        // The month closed for usage components: what is recorded stands.
        if (isBackfillRefusal(error)) {
          tally.unchanged++;
          return;
        }
        // Our credentials fail for every resource alike.
        if (failure.disposition === 'operator') throw failure;
        tally.failed++;
        // It may be a component that is not billed any more.
        billed = undefined;
        deps.log.warn({ err: failure, resource: report.resource }, 'usage was not accepted');
      }
    });
  }

  return {
    report: async (options, signal) => {
      checkSkew(deps);
      checkMeasurable(options.period, deps.offering.metering);
      const tally: Tally = { submitted: 0, unchanged: 0, missing: 0, failed: 0, guarded: 0, failure: undefined };
      const now = deps.clock.now();
      const due = options.period
        ? [options.period]
        : duePeriods(now, deps.timezone, deps.periods, deps.offering.metering);
      const canDate = await deps.waldur.usages.takesDate(signal);
      for (const period of due) {
        // Without dates a report lands in the month in which it arrives.
        if (!canDate && (!period.isCurrent || isAtMonthEdge(now, deps.timezone))) continue;
        await reportPeriod(period, { ...options, canDate }, tally, signal);
      }
      return tally;
    },
  };
}

interface Pass extends ReportOptions {
  /** The server files a report by its date, not by its arrival. */
  readonly canDate: boolean;
}

type Tally = { -readonly [key in keyof ReportSummary]: ReportSummary[key] };

interface Measured {
  readonly resource: MeteredResource;
  readonly usage: Usage | undefined;
}

/** Waldur refuses usage of a resource without a plan, and there is none of one without an account. */
function isReportable(resource: MeteredResource): boolean {
  return resource.backendId !== '' && resource.plan !== undefined;
}

/** One component that is billed neither by usage nor by limit makes Waldur refuse a whole report. */
async function billedTypes(deps: UsageDeps, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { components } = await deps.waldur.offerings.get(deps.offering.uuid, signal);
  const billed = components.filter(({ billingType }) => billingType === 'usage' || billingType === 'limit');
  return new Set(billed.map(({ type }) => type));
}

function reportable(offering: OfferingConfig, billed: ReadonlySet<string>): readonly ComponentConfig[] {
  const measured = offering.plugin.components;
  return offering.components.filter(
    ({ type, backendName }) => billed.has(type) && measured[backendName]?.usage === true,
  );
}

/** Never in the server's future, which it would refuse, and never before the month. */
function serverDate(deps: UsageDeps, period: Period, measuredAt: Date): string {
  const skew = Math.min(0, deps.waldur.clockSkewMs() ?? 0);
  const at = Math.max(measuredAt.getTime() + skew, period.window.from.getTime());
  return reportDate(period, new Date(at));
}

/** What is there now would be booked as what was there then. */
function checkMeasurable(period: Period | undefined, metering: Metering): void {
  if (period === undefined || period.isCurrent || hasHistory(metering)) return;
  throw new AgentError(`the usage of ${period.billingPeriod.slice(0, 7)} cannot be measured any more`, {
    code: 'PERIOD_OVER',
    disposition: 'terminal',
    hint: 'metering: current knows what is stored now; only a metering that accrues can report a past month',
  });
}

function checkSkew(deps: UsageDeps): void {
  const skew = Math.abs(deps.waldur.clockSkewMs() ?? 0);
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
  if (skew > SKEW_WARN_MS) deps.log.warn({ skewMs: skew }, 'the clocks of this machine and of Waldur disagree');
}
