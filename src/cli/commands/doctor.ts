import type { OfferingConfig } from '../../config/types.ts';
import { connect } from '../connect.ts';
import { type DoctorDeps, examine } from '../doctor.ts';
import { doctorExitCode, type Finding } from '../doctor-findings.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { selectOfferings } from '../select-offerings.ts';
import { printable, type Style } from '../style.ts';
import { tryBroker } from '../try-broker.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const peers = connect(invocation, io);
  const deps: DoctorDeps = {
    clock: io.clock,
    waldur: (offering) => peers.waldur(offering.waldur),
    backend: (offering) => peers.backend(offering),
    tryBroker: (offering, queue, passcode, signal) => tryBroker(offering, queue, passcode, io.clock, signal),
  };
  return report(offerings, deps, invocation.flags.has('json'), io);
}

/** Prints every finding as it is made; as JSON all at the end. */
export async function report(
  offerings: readonly OfferingConfig[],
  deps: DoctorDeps,
  json: boolean,
  io: Io,
): Promise<ExitCode> {
  const all: { readonly name: string; readonly findings: readonly Finding[] }[] = [];
  for (const offering of offerings) {
    const findings: Finding[] = [];
    all.push({ name: offering.name, findings });
    if (!json) io.stdout.write(`${io.stdout.style.bold(`offering ${printable(offering.name)}`)}\n`);
    for await (const finding of examine(offering, deps, io.signal)) {
      findings.push(finding);
      if (!json) io.stdout.write(renderFinding(finding, io.stdout.style));
    }
  }
  const findings = all.flatMap((offering) => offering.findings);
  if (json) writeJson(io.stdout, { version: 1, offerings: all });
  else io.stdout.write(conclusion(findings));
  return doctorExitCode(findings);
}

function renderFinding({ name, status, detail, hint }: Finding, style: Style): string {
  const marks = {
    ok: style.green(style.glyphs.ok),
    warning: style.yellow(style.glyphs.warning),
    failed: style.red(style.glyphs.failed),
    skipped: style.dim(style.glyphs.skipped),
  };
  const line = `  ${marks[status]} ${printable(name)}: ${printable(detail)}\n`;
  return hint === undefined ? line : `${line}      ${style.dim(printable(hint))}\n`;
}

function conclusion(findings: readonly Finding[]): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  return `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ${count('skipped')} skipped\n`;
}
