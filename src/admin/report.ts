import type { Config, OfferingConfig } from '../config/types.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Line } from '../usage/build.ts';
import { createUsage } from '../usage/create-usage.ts';
import type { Period } from '../usage/period.ts';
import type { ReportSummary } from '../usage/tally.ts';
import { type Peers, withPeers } from './peers.ts';

/** What one pass over an offering found. */
export interface OfferingReport {
  readonly name: string;
  readonly lines: readonly (Line & { readonly period: string })[];
  /** Undefined when the pass did not come to its end. */
  readonly summary: Omit<ReportSummary, 'failure'> | undefined;
  /** The failure that ended or marred the pass. */
  readonly error: AgentError | undefined;
}

export interface ReportOptions {
  /** Decide everything, send nothing. */
  readonly dryRun: boolean;
  /** This month instead of those that are due. */
  readonly period: Period | undefined;
}

/** One reporting pass over an offering, with every decision. */
export async function reportOffering(
  offering: OfferingConfig,
  config: Pick<Config, 'timezone' | 'report' | 'sampleIntervalMs'>,
  peers: Peers,
  options: ReportOptions,
  signal: AbortSignal,
): Promise<OfferingReport> {
  const { name } = offering;
  const lines: OfferingReport['lines'][number][] = [];
  const onLine = (line: Line, { billingPeriod }: Period): void => {
    lines.push({ ...line, period: billingPeriod.slice(0, 7) });
  };
  try {
    return await withPeers(peers, offering, async ({ waldur, backend }) => {
      const { timezone, report, sampleIntervalMs } = config;
      const { reporter } = createUsage({ ...peers, offering, waldur, backend, timezone, ...report, sampleIntervalMs });
      const { failure, ...summary } = await reporter.report({ ...options, onLine }, signal);
      return { name, lines, summary, error: failure };
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return { name, lines, summary: undefined, error: toAgentError(error) };
  }
}
