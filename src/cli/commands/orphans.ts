import { type OfferingOrphans, type OrphanSearch, openOrphanSearch, requireFullPolicy } from '../../admin/orphans.ts';
import { orphansJson } from '../../admin/orphans-json.ts';
import type { Config, OfferingConfig } from '../../config/types.ts';
import { plural } from '../../lib/plural.ts';
import { openExistingStore } from '../../store/open-store.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { recorded } from '../record-command.ts';
import { renderOrphans, renderRemovals } from '../render-orphans.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

/** Accounts whose resource is gone. With `--delete` they are removed after a yes. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { flags } = invocation;
  const wantsRemoval = flags.has('delete');
  if (wantsRemoval && flags.has('json') && !flags.has('yes')) {
    throw usageError('--delete with --json cannot ask a question', 'add --yes to delete without a question');
  }
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  if (wantsRemoval) for (const offering of offerings) requireFullPolicy(offering);
  const pass = (): Promise<ExitCode> => look({ invocation, config, offerings, wantsRemoval }, io);
  return wantsRemoval ? recorded(() => ({ invocation, config, offerings }), io, pass) : pass();
}

interface Look {
  readonly invocation: Invocation;
  readonly config: Config;
  readonly offerings: readonly OfferingConfig[];
  readonly wantsRemoval: boolean;
}

async function look({ invocation, config, offerings, wantsRemoval }: Look, io: Io): Promise<ExitCode> {
  const { flags } = invocation;
  const peers = connect(invocation, io, await openExistingStore(config.state, io.clock));
  const search = openOrphanSearch(offerings, config.offerings, peers);
  try {
    const found = await search.find(io.signal);
    const shown = wantsRemoval
      ? await remove(search, { found, offerings }, invocation, io)
      : list(found, invocation, io);
    return exitOf(shown, flags.has('exit-code'));
  } finally {
    await search.close();
  }
}

function exitOf(shown: readonly OfferingOrphans[], wantsDifferences: boolean): ExitCode {
  const failed = shown.find(({ error }) => error !== undefined);
  if (failed !== undefined) return exitCodeOf(failed.error);
  const lines = shown.flatMap((offering) => offering.lines);
  if (lines.some(({ outcome }) => outcome === 'failed')) return EXIT.failed;
  return lines.some(({ outcome }) => outcome === 'listed') && wantsDifferences ? EXIT.differences : EXIT.ok;
}

function list(found: readonly OfferingOrphans[], invocation: Invocation, io: Io): readonly OfferingOrphans[] {
  if (invocation.flags.has('json')) writeJson(io.stdout, orphansJson(found));
  else io.stdout.write(`${renderOrphans(found, io.stdout.style)}${counted(found)}. Nothing was deleted.\n`);
  return found;
}

interface Shown {
  readonly found: readonly OfferingOrphans[];
  readonly offerings: readonly OfferingConfig[];
}

/** Deletes what was shown, after a yes; returns it with the outcome of each deletion. */
async function remove(
  search: OrphanSearch,
  { found, offerings }: Shown,
  invocation: Invocation,
  io: Io,
): Promise<readonly OfferingOrphans[]> {
  const json = invocation.flags.has('json');
  const isEmpty = found.every(({ lines }) => lines.length === 0);
  if (!json) io.stdout.write(renderOrphans(found, io.stdout.style));
  if (!isEmpty && !invocation.flags.has('yes') && !(await agreed({ found, offerings }, io))) {
    io.stdout.write('Nothing was deleted.\n');
    return found;
  }
  const done = await search.remove(found, io.signal);
  if (json) writeJson(io.stdout, orphansJson(done));
  else io.stdout.write(isEmpty ? 'Nothing to delete.\n' : renderRemovals(done, io.stdout.style));
  return done;
}

async function agreed({ found, offerings }: Shown, io: Io): Promise<boolean> {
  const purging = new Set(offerings.filter(({ onTerminate }) => onTerminate === 'purge').map(({ name }) => name));
  const purges = found.some(({ name, lines }) => purging.has(name) && lines.length > 0);
  const what = purges ? ', with everything in them where the offering purges' : ', if they are empty';
  const answer = await io.confirm(`Delete ${counted(found)}${what}?`);
  if (answer !== undefined) return answer;
  throw usageError('there is no terminal to ask whether to delete them', 'add --yes to delete without a question');
}

function counted(found: readonly OfferingOrphans[]): string {
  return plural(
    found.reduce((sum, { lines }) => sum + lines.length, 0),
    'orphan',
  );
}
