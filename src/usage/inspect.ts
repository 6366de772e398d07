import type { Sample, Samples } from '../store/store.ts';
import type { MeteredResource } from '../waldur/types.ts';
import { buildReport, type Line } from './build.ts';
import { collectUsage } from './collect.ts';
import { readRecords } from './ledger.ts';
import type { Period } from './period.ts';
import { isReportable, type MonthDeps, reportedComponents } from './report-month.ts';

/** What a month of one resource is made of. */
export interface Inspection {
  /** What Waldur has and what was measured, by component. */
  readonly lines: readonly Line[];
  /** Those of the month, oldest first; none where the backend has a history of its own. */
  readonly samples: readonly Sample[];
}

/** Reads; sends nothing. @throws AgentError when Waldur or the backend cannot be read */
export async function inspectUsage(
  deps: MonthDeps,
  samples: Samples,
  resource: MeteredResource,
  period: Period,
  signal: AbortSignal,
): Promise<Inspection> {
  const { offering, waldur, meter } = deps;
  const components = await reportedComponents(deps, period, signal);
  const query = { offering: offering.uuid, billingPeriod: period.billingPeriod, resource: resource.uuid };
  const recorded = (await readRecords(waldur.usages, query, signal)).get(resource.uuid) ?? new Map();
  const accounts = isReportable(resource) ? [resource.backendId] : [];
  const { usages, failure } = await collectUsage(meter.usage(accounts, period, signal), signal);
  if (failure !== undefined) throw failure;
  const usage = usages.get(resource.backendId);
  const { lines } = buildReport({ offering, components, resource, usage, recorded, date: undefined });
  return { lines, samples: await readSamples(samples, offering.uuid, resource.backendId, period) };
}

async function readSamples(
  samples: Samples,
  owner: string,
  account: string,
  { window }: Period,
): Promise<readonly Sample[]> {
  const series = await samples.read(owner, account, window);
  return series
    .flatMap(({ component, points }) =>
      points.map((point) => ({
        account,
        component,
        at: new Date(point.at * 1000),
        quantity: BigInt(point.quantity),
      })),
    )
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
