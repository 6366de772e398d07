import type { Config, OfferingConfig } from '../../config/types.ts';
import { type AgentError, toAgentError } from '../../lib/errors.ts';
import { openStore } from '../../store/open-store.ts';
import type { Line } from '../../usage/build.ts';
import { createUsage } from '../../usage/create-usage.ts';
import { type Period, periodOf } from '../../usage/period.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import type { Failure } from '../render-failure.ts';
import { type OfferingReport, renderReport } from '../render-report.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

/** One reporting pass. With `--dry-run` it shows every decision and sends nothing. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const period = askedPeriod(invocation, config, io);
  const dryRun = invocation.flags.has('dry-run');
  const json = invocation.flags.has('json');
  const reports: OfferingReport[] = [];
  let code: ExitCode = EXIT.ok;
  for (const offering of offerings) {
    const { report, exit } = await reportOne(offering, config, { dryRun, period }, invocation, io);
    reports.push(report);
    code = code === EXIT.ok ? exit : code;
    if (!json) io.stdout.write(renderReport(report, { dryRun, style: io.stdout.style }));
  }
  if (json) writeJson(io.stdout, { version: 1, dry_run: dryRun, offerings: reports });
  if (code !== EXIT.ok) return code;
  const differs = reports.some(({ lines }) => lines.some(({ status }) => status === 'new' || status === 'changed'));
  return differs && invocation.flags.has('exit-code') ? EXIT.differences : EXIT.ok;
}

async function reportOne(
  offering: OfferingConfig,
  config: Config,
  options: { readonly dryRun: boolean; readonly period: Period | undefined },
  invocation: Invocation,
  io: Io,
): Promise<{ report: OfferingReport; exit: ExitCode }> {
  const store = await openStore(config.state, io.clock);
  const { log, ...peers } = connect(invocation, io, store);
  const waldur = peers.waldur(offering.waldur);
  const backend = peers.backend(offering);
  const lines: OfferingReport['lines'][number][] = [];
  const { name } = offering;
  try {
    const { timezone, report } = config;
    const { periods, perUser } = report;
    const { clock } = io;
    const peers = { offering, waldur, backend, store, clock, log };
    const { reporter } = createUsage({
      ...peers,
      timezone,
      periods,
      perUser,
      sampleIntervalMs: config.sampleIntervalMs,
    });
    const onLine = (line: Line, { billingPeriod }: Period): void => {
      lines.push({ ...line, period: billingPeriod.slice(0, 7) });
    };
    const { failure, ...summary } = await reporter.report({ ...options, onLine }, io.signal);
    const exit = failure ? exitCodeOf(failure) : summary.failed > 0 ? EXIT.failed : EXIT.ok;
    return { report: { name, lines, summary, error: failure && told(failure) }, exit };
  } catch (error) {
    if (io.signal.aborted) throw error;
    const failure = toAgentError(error);
    return { report: { name, lines, summary: undefined, error: told(failure) }, exit: exitCodeOf(failure) };
  } finally {
    await store.close();
    await backend.close();
    waldur.close();
  }
}

function told({ code, message, hint }: AgentError): Failure {
  return { code, message, hint };
}

function askedPeriod(invocation: Invocation, config: Config, io: Io): Period | undefined {
  const text = invocation.values.get('period');
  if (text === undefined) return undefined;
  const period = periodOf(text, io.clock.now(), config.timezone);
  if (period !== undefined) return period;
  throw usageError(
    `--period ${JSON.stringify(text.slice(0, 20))} is not a month that has begun`,
    'write it as YYYY-MM',
  );
}
