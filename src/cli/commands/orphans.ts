import type { OfferingConfig } from '../../config/types.ts';
import { AgentError, toAgentError } from '../../lib/errors.ts';
import { findOrphans, type OrphanDeps, removeOrphan } from '../../upkeep/orphans.ts';
import type { Waldur } from '../../waldur/client.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import {
  type OfferingOrphans,
  type OrphanLine,
  orphansJson,
  renderOrphans,
  renderRemovals,
} from '../render-orphans.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

/** Accounts whose resource is gone. With `--delete` they are removed, once somebody has said yes to it. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { flags } = invocation;
  const wantsRemoval = flags.has('delete');
  if (wantsRemoval && flags.has('json') && !flags.has('yes')) {
    throw usageError('--delete with --json asks nobody', 'add --yes to delete without a question');
  }
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  if (wantsRemoval) for (const offering of offerings) requireFullPolicy(offering);
  const peers = connect(invocation, io);
  const all = config.offerings.map((offering) => ({ offering, waldur: peers.waldur(offering.waldur) }));
  const opened = offerings.map((offering) => ({
    offering,
    waldur: clientOf(all, offering),
    backend: peers.backend(offering),
    all,
  }));
  try {
    const found: OfferingOrphans[] = [];
    for (const deps of opened) found.push(await look(deps, io.signal));
    const shown = wantsRemoval ? await remove(opened, found, invocation, io) : list(found, invocation, io);
    const failed = shown.find(({ error }) => error !== undefined);
    if (failed !== undefined) return exitCodeOf(failed.error);
    const lines = shown.flatMap((offering) => offering.lines);
    if (lines.some(({ outcome }) => outcome === 'failed')) return EXIT.failed;
    return lines.some(({ outcome }) => outcome === 'listed') && flags.has('exit-code') ? EXIT.differences : EXIT.ok;
  } finally {
    for (const { backend } of opened) await backend.close();
    for (const { waldur } of all) waldur.close();
  }
}

async function look(deps: OrphanDeps, signal: AbortSignal): Promise<OfferingOrphans> {
  const { name } = deps.offering;
  try {
    const orphans = await findOrphans(deps, signal);
    return {
      name,
      lines: orphans.map((orphan) => ({ orphan, outcome: 'listed', error: undefined })),
      error: undefined,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { name, lines: [], error: toAgentError(error) };
  }
}

function list(found: readonly OfferingOrphans[], invocation: Invocation, io: Io): readonly OfferingOrphans[] {
  if (invocation.flags.has('json')) writeJson(io.stdout, orphansJson(found));
  else io.stdout.write(`${renderOrphans(found, io.stdout.style)}${counted(found)}. Nothing was deleted.\n`);
  return found;
}

/** Deletes what was shown, after a yes; answers it with what came of it. */
async function remove(
  opened: readonly OrphanDeps[],
  found: readonly OfferingOrphans[],
  invocation: Invocation,
  io: Io,
): Promise<readonly OfferingOrphans[]> {
  const json = invocation.flags.has('json');
  const isEmpty = found.every(({ lines }) => lines.length === 0);
  if (!json) io.stdout.write(renderOrphans(found, io.stdout.style));
  if (!isEmpty && !invocation.flags.has('yes') && !(await agreed(opened, found, io))) {
    io.stdout.write('Nothing was deleted.\n');
    return found;
  }
  const done: OfferingOrphans[] = [];
  for (const [index, deps] of opened.entries()) {
    const { name, lines = [], error } = found[index] ?? { name: deps.offering.name, error: undefined };
    const removed: OrphanLine[] = [];
    for (const line of lines) removed.push(await removeOne(deps, line, io.signal));
    done.push({ name, lines: removed, error });
  }
  if (json) writeJson(io.stdout, orphansJson(done));
  else io.stdout.write(isEmpty ? 'Nothing to delete.\n' : renderRemovals(done, io.stdout.style));
  return done;
}

async function removeOne(deps: OrphanDeps, { orphan }: OrphanLine, signal: AbortSignal): Promise<OrphanLine> {
  try {
    await removeOrphan(deps, orphan, signal);
    return { orphan, outcome: 'deleted', error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { orphan, outcome: 'failed', error: toAgentError(error) };
  }
}

async function agreed(opened: readonly OrphanDeps[], found: readonly OfferingOrphans[], io: Io): Promise<boolean> {
  const purges = opened.some(
    ({ offering }, index) => offering.onTerminate === 'purge' && (found[index]?.lines.length ?? 0) > 0,
  );
  const what = purges ? ', with everything in them where the offering purges' : ', if they are empty';
  const answer = await io.confirm(`Delete ${counted(found)}${what}?`);
  if (answer !== undefined) return answer;
  throw usageError('there is nobody to ask whether to delete them', 'add --yes to delete without a question');
}

function counted(found: readonly OfferingOrphans[]): string {
  const count = found.reduce((sum, { lines }) => sum + lines.length, 0);
  return count === 1 ? '1 orphan' : `${count} orphans`;
}

/** Before anything is asked or read. */
function requireFullPolicy({ name, policy }: OfferingConfig): void {
  if (policy === 'full') return;
  throw new AgentError(`the policy "${policy}" of offering "${name}" forbids to delete its orphans`, {
    code: 'POLICY',
    disposition: 'operator',
    hint: 'Set `policy: full` on the offering, or name another one with --offering.',
  });
}

function clientOf(all: OrphanDeps['all'], { uuid }: OfferingConfig): Waldur {
  const found = all.find(({ offering }) => offering.uuid === uuid);
  if (found === undefined) throw new TypeError('an offering that is not in the configuration');
  return found.waldur;
}
