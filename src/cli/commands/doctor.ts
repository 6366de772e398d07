import { type DoctorDeps, examine } from '../../admin/doctor.ts';
import { type Finding, gravest } from '../../admin/doctor-findings.ts';
import type { OfferingConfig } from '../../config/types.ts';
import { openExistingStore } from '../../store/open-store.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { configFile, loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { selectOfferings } from '../select-offerings.ts';
import { printable, type Style } from '../style.ts';
import { tryBroker } from '../try-broker.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  // Throws when the file or a secret it refers to cannot be read: nothing else could be looked at.
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const file = configFile(invocation.values.get('config'), io);
  const peers = connect(invocation, io, await openExistingStore(config.state, io.clock));
  const deps: DoctorDeps = {
    clock: io.clock,
    waldur: (offering) => peers.waldur(offering.waldur),
    backend: (offering) => peers.backend(offering),
    tryBroker: (offering, queue, passcode, signal) => tryBroker(offering, queue, passcode, io, signal),
  };
  return report({ file, offerings }, deps, invocation.flags.has('json'), io);
}

/** Prints every finding as it is made; as JSON all at the end. */
export async function report(
  site: { readonly file: string; readonly offerings: readonly OfferingConfig[] },
  deps: DoctorDeps,
  json: boolean,
  io: Io,
): Promise<ExitCode> {
  const { style } = io.stdout;
  const print = (text: string): void => {
    if (!json) io.stdout.write(text);
  };
  const configuration: readonly Finding[] = [
    { name: 'file', status: 'ok', detail: site.file },
    { name: 'secrets', status: 'ok', detail: 'every reference could be read' },
  ];
  print(`${style.bold('configuration')}\n${configuration.map((finding) => renderFinding(finding, style)).join('')}`);
  const offerings: { readonly name: string; readonly findings: readonly Finding[] }[] = [];
  for (const offering of site.offerings) {
    const findings: Finding[] = [];
    offerings.push({ name: offering.name, findings });
    print(`${style.bold(`offering ${printable(offering.name)}`)}\n`);
    for await (const finding of examine(offering, deps, io.signal)) {
      findings.push(finding);
      print(renderFinding(finding, style));
    }
  }
  const all = [...configuration, ...offerings.flatMap(({ findings }) => findings)];
  if (json) writeJson(io.stdout, { version: 1, configuration, offerings });
  else print(conclusion(all));
  return EXIT[gravest(all)];
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
  const warnings = count('warning');
  const counted = [`${count('ok')} ok`, `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`];
  return `${[...counted, `${count('failed')} failed`, `${count('skipped')} skipped`].join(', ')}\n`;
}
