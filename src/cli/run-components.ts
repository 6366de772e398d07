import { changesToJson, compareComponents, countDifferences } from '../admin/components.ts';
import type { OfferingConfig } from '../config/types.ts';
import { plural } from '../lib/plural.ts';
import { connect } from './connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { type Io, writeJson } from './io.ts';
import { loadConfiguration } from './load.ts';
import type { Invocation } from './parse.ts';
import { recorded } from './record-command.ts';
import { renderChanges } from './render-components.ts';
import { selectOfferings } from './select-offerings.ts';

/** `components diff` and `components push`. */
export async function runComponents(invocation: Invocation, io: Io, push: boolean): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const pass = (): Promise<ExitCode> => comparison(invocation, io, offerings, push);
  return push ? recorded(() => ({ invocation, config, offerings }), io, pass) : pass();
}

async function comparison(
  invocation: Invocation,
  io: Io,
  offerings: readonly OfferingConfig[],
  push: boolean,
): Promise<ExitCode> {
  const peers = connect(invocation, io);
  const results = await compareComponents(offerings, { push, waldur: ({ waldur }) => peers.waldur(waldur) }, io.signal);
  const differences = countDifferences(results);
  const failed = results.find(({ error }) => error !== undefined);
  const isSame = differences === 0 && failed === undefined;
  const end = isSame ? 'Nothing to change.\n' : differences === 0 ? '' : conclusion(differences, push);
  if (invocation.flags.has('json')) writeJson(io.stdout, changesToJson(results));
  else io.stdout.write(renderChanges(results, io.stdout.style) + end);
  if (failed !== undefined) return exitCodeOf(failed.error);
  return invocation.flags.has('exit-code') && differences > 0 ? EXIT.differences : EXIT.ok;
}

function conclusion(differences: number, push: boolean): string {
  const components = plural(differences, 'component');
  return push ? `${components} written.\n` : `${components} to write: agent components push\n`;
}
