import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Usage } from '../plugin/contract.ts';
import type { MeteredResource, UsageReport } from '../waldur/types.ts';
import { buildReport } from './build.ts';
import { readRecords } from './ledger.ts';
import { duePeriods } from './period.ts';
import { isReportable, type MonthDeps, reportedComponents, serverDate } from './report-month.ts';
import type { Sampler } from './sampler.ts';

export type FinalResource = Pick<MeteredResource, 'uuid' | 'name' | 'backendId' | 'plan'>;

interface FinalDeps extends MonthDeps {
  readonly sampler: Sampler | undefined;
}

/** How long a termination waits for a failure to pass. */
const PATIENCE_MS = 3_600_000;

/** See `Reporter.reportFinal`. */
export async function reportFinal(
  deps: FinalDeps,
  resource: FinalResource,
  orderedAt: Date,
  sent: (report: UsageReport) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const report = await measureFinal(deps, resource, signal);
    if (report === undefined) return;
    await deps.waldur.usages.submit(report, signal);
    sent(report);
    deps.log.info({ resource: resource.uuid, usages: report.usages }, 'last usage reported');
  } catch (error) {
    signal.throwIfAborted();
    const failure: AgentError = toAgentError(error);
    const age = deps.clock.now().getTime() - orderedAt.getTime();
    if (failure.disposition !== 'terminal' && age < PATIENCE_MS) throw failure;
    deps.log.warn(
      { err: failure, resource: resource.uuid },
      'the account is deleted without a last report: usage since the one before is not billed',
    );
  }
}

async function measureFinal(
  deps: FinalDeps,
  resource: FinalResource,
  signal: AbortSignal,
): Promise<UsageReport | undefined> {
  const { offering, waldur, clock, timezone } = deps;
  const [period] = duePeriods(clock.now(), timezone, 1, offering.metering);
  if (period === undefined || !isReportable(resource)) return undefined;
  // An account that is gone was reported before it was deleted.
  if (deps.sampler !== undefined && !(await deps.sampler.one(resource.backendId, signal))) return undefined;
  const usage = await usageOf(deps, resource.backendId, signal);
  if (usage === undefined) return undefined;
  const components = await reportedComponents(deps, period, signal);
  const query = { offering: offering.uuid, billingPeriod: period.billingPeriod, resource: resource.uuid };
  const recorded = (await readRecords(waldur.usages, query, signal)).get(resource.uuid) ?? new Map();
  const date = (await waldur.usages.takesDate(signal)) ? serverDate(deps, period, usage.measuredAt) : undefined;
  // Accounts are emptied before they end: what was there is billed all the same.
  const raising = { ...offering, allowDecrease: false };
  return buildReport({ offering: raising, components, resource, usage, recorded, date }).report;
}

async function usageOf(deps: FinalDeps, account: string, signal: AbortSignal): Promise<Usage | undefined> {
  const [period] = duePeriods(deps.clock.now(), deps.timezone, 1, deps.offering.metering);
  if (period === undefined) return undefined;
  for await (const usage of deps.meter.usage([account], period, signal)) {
    if (usage.account === account) return usage;
  }
  return undefined;
}
