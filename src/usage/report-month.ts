import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Usage } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { type Built, buildReport, type Line, type ReportedComponent } from './build.ts';
import { collectUsage } from './collect.ts';
import type { Ledger } from './ledger.ts';
import type { Meter } from './meter.ts';
import { METERED_STATES } from './metered-states.ts';
import { reportUserUsage } from './per-user.ts';
import { type Period, reportDate } from './period.ts';
import type { ServerFacts } from './server-facts.ts';
import { submitAll } from './submit.ts';
import type { Tally } from './tally.ts';

export interface MonthDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly meter: Meter;
  readonly facts: ServerFacts;
  readonly clock: Clock;
  readonly log: Log;
  readonly timezone: string;
  readonly perUser: boolean;
}

/** One month of an offering, to be compared with what Waldur has and reported. */
export interface Month {
  readonly period: Period;
  readonly ledger: Ledger;
  /** The records were read in this pass. */
  readonly isFresh: boolean;
  readonly takesDate: boolean;
  readonly dryRun: boolean;
  readonly onLine: ((line: Line, period: Period) => void) | undefined;
}

interface Measured {
  readonly resource: MeteredResource;
  readonly usage: Usage | undefined;
}

/** Reports a month, page by page of its resources. @throws AgentError when Waldur cannot be read or refuses us */
export async function reportMonth(deps: MonthDeps, month: Month, tally: Tally, signal: AbortSignal): Promise<void> {
  const { offering, waldur, perUser } = deps;
  const { period, ledger } = month;
  const components = await reportedComponents(deps, period, signal);
  const types = components.map(({ type }) => type);
  const measured: Measured[] = [];
  let isFresh = month.isFresh;
  for await (const page of waldur.resources.listMetered({ offering: offering.uuid, states: METERED_STATES }, signal)) {
    if (!isFresh && page.some((resource) => !ledger.isCurrent(resource, types))) {
      await ledger.read(signal);
      isFresh = true;
    }
    for (const resource of page) ledger.saw(resource, types);
    const usages = await measure(deps, page, period, tally, signal);
    if (usages === undefined) return;
    const built = page.map((resource) => build(deps, month, components, resource, usages.get(resource.backendId)));
    for (const { lines } of built) for (const line of lines) month.onLine?.(line, period);
    sayLost(deps, built, period);
    await submitAll(deps, built, tally, month.dryRun ? undefined : ledger.submitted, signal);
    if (perUser) measured.push(...page.map((resource) => ({ resource, usage: usages.get(resource.backendId) })));
  }
  ledger.turn();
  if (perUser && !month.dryRun) await reportUserUsage(deps, components, measured, ledger, signal);
}

/** The components that Waldur takes usage of. For months that are over those billed by usage are closed, but for staff. */
export async function reportedComponents(
  { offering, facts }: Pick<MonthDeps, 'offering' | 'facts'>,
  period: Period,
  signal: AbortSignal,
): Promise<readonly ReportedComponent[]> {
  const billing = await facts.billing(signal);
  const takesAll = period.isCurrent || (await facts.isStaff(signal));
  const measured = offering.plugin.components;
  return offering.components.flatMap((component) => {
    const billed = billing.get(component.type);
    if (measured[component.backendName]?.usage !== true) return [];
    if (billed === 'limit') return [{ ...component, isOpen: true }];
    return billed === 'usage' ? [{ ...component, isOpen: takesAll }] : [];
  });
}

/** Waldur refuses usage of a resource without a plan, and there is none of one without an account. */
export function isReportable(resource: Pick<MeteredResource, 'backendId' | 'plan'>): boolean {
  return resource.backendId !== '' && resource.plan !== undefined;
}

/** Never in the server's future, which it would refuse, and never before the month. */
export function serverDate({ waldur }: Pick<MonthDeps, 'waldur'>, period: Period, measuredAt: Date): string {
  const skew = Math.min(0, waldur.clockSkewMs() ?? 0);
  const at = Math.max(measuredAt.getTime() + skew, period.window.from.getTime());
  return reportDate(period, new Date(at));
}

/** Undefined when the month turned while the backend was read: its numbers belong to neither month. */
async function measure(
  { meter, clock, log }: MonthDeps,
  page: readonly MeteredResource[],
  period: Period,
  tally: Tally,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Usage> | undefined> {
  const accounts = page.filter(isReportable).map(({ backendId }) => backendId);
  const { usages, failure } = await collectUsage(meter.usage(accounts, period, signal), signal);
  if (failure !== undefined) {
    tally.failure = failure;
    log.warn({ err: failure }, 'usage of some accounts could not be read');
  }
  if (!period.isCurrent || clock.now() < period.end) return usages;
  log.info(
    { period: period.billingPeriod },
    'the month turned during the report, the next one will be of the new month',
  );
  return undefined;
}

function build(
  deps: MonthDeps,
  { period, ledger, takesDate }: Month,
  components: readonly ReportedComponent[],
  resource: MeteredResource,
  usage: Usage | undefined,
): Built {
  const date = usage && takesDate ? serverDate(deps, period, usage.measuredAt) : undefined;
  const recorded = ledger.recorded(resource.uuid);
  return buildReport({ offering: deps.offering, components, resource, usage, recorded, date });
}

function sayLost({ log }: MonthDeps, built: readonly Built[], period: Period): void {
  for (const { resource, component, recorded, measured } of built.flatMap(({ lines }) => lines).filter(isLost)) {
    log.warn(
      { resource, component, recorded, measured, period: period.billingPeriod.slice(0, 7) },
      'usage of a month that is over is not billed: Waldur takes none any more',
    );
  }
}

function isLost({ status }: Line): boolean {
  return status === 'lost';
}
