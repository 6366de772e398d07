import { failureJson } from '../../admin/failure.ts';
import { type OfferingReport, reportOffering } from '../../admin/report.ts';
import type { Config, OfferingConfig } from '../../config/types.ts';
import { openExistingStore } from '../../store/open-store.ts';
import { askedPeriod } from '../asked-period.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { recorded } from '../record-command.ts';
import { renderReport } from '../render-report.ts';
import { selectOfferings } from '../select-offerings.ts';

/** One reporting pass. With `--dry-run` it shows every decision and sends nothing. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const period = askedPeriod(invocation, config, io);
  const dryRun = invocation.flags.has('dry-run');
  const pass = (): Promise<ExitCode> => report({ invocation, config, offerings, dryRun, period }, io);
  return dryRun ? pass() : recorded(() => ({ invocation, config, offerings }), io, pass);
}

interface Pass {
  readonly invocation: Invocation;
  readonly config: Config;
  readonly offerings: readonly OfferingConfig[];
  readonly dryRun: boolean;
  readonly period: ReturnType<typeof askedPeriod>;
}

async function report({ invocation, config, offerings, dryRun, period }: Pass, io: Io): Promise<ExitCode> {
  const json = invocation.flags.has('json');
  const peers = connect(invocation, io, await openExistingStore(config.state, io.clock));
  const reports: OfferingReport[] = [];
  for (const offering of offerings) {
    const report = await reportOffering(offering, config, peers, { dryRun, period }, io.signal);
    reports.push(report);
    if (!json) io.stdout.write(renderReport(report, { dryRun, style: io.stdout.style }));
  }
  if (json) {
    const told = reports.map((report) => ({ ...report, error: report.error && failureJson(report.error) }));
    writeJson(io.stdout, { version: 1, dry_run: dryRun, offerings: told });
  }
  const failure = reports.map(exitOf).find((code) => code !== EXIT.ok);
  if (failure !== undefined) return failure;
  const differs = reports.some(({ lines }) => lines.some(({ status }) => status === 'new' || status === 'changed'));
  return differs && invocation.flags.has('exit-code') ? EXIT.differences : EXIT.ok;
}

function exitOf({ error, summary }: OfferingReport): ExitCode {
  if (error !== undefined) return exitCodeOf(error);
  return summary !== undefined && summary.failed > 0 ? EXIT.failed : EXIT.ok;
}
