import type { OfferingConfig } from '../config/types.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import { findOrphans, type Orphan, type OrphanDeps, removeOrphan } from '../upkeep/orphans.ts';
import type { Peers } from './peers.ts';

/** What became of an orphan. */
export interface OrphanLine {
  readonly orphan: Orphan;
  readonly outcome: 'listed' | 'deleted' | 'failed';
  readonly error: AgentError | undefined;
}

export interface OfferingOrphans {
  readonly name: string;
  readonly lines: readonly OrphanLine[];
  /** Why the offering could not be looked at. */
  readonly error: AgentError | undefined;
}

/** Accounts whose resource is gone, of some offerings. */
export interface OrphanSearch {
  /** Lists them; a failure ends only its own offering. */
  find(signal: AbortSignal): Promise<readonly OfferingOrphans[]>;
  /** Deletes what `find` listed, one after the other. */
  remove(found: readonly OfferingOrphans[], signal: AbortSignal): Promise<readonly OfferingOrphans[]>;
  close(): Promise<void>;
}

/**
 * Opens a search in `offerings`. All offerings of the configuration are asked about a resource before its account counts
 * as an orphan, because several can share one backend.
 */
export function openOrphanSearch(
  offerings: readonly OfferingConfig[],
  configured: readonly OfferingConfig[],
  peers: Pick<Peers, 'waldur' | 'backend'>,
): OrphanSearch {
  const clients = new Map(configured.map((offering) => [offering.uuid, peers.waldur(offering.waldur)]));
  const all = configured.flatMap((offering) => {
    const waldur = clients.get(offering.uuid);
    return waldur === undefined ? [] : [{ offering, waldur }];
  });
  const opened: readonly OrphanDeps[] = all
    .filter(({ offering }) => offerings.some(({ uuid }) => uuid === offering.uuid))
    .map((peer) => ({ ...peer, backend: peers.backend(peer.offering), all }));

  return {
    find: async (signal) => {
      const found: OfferingOrphans[] = [];
      for (const deps of opened) found.push(await findIn(deps, signal));
      return found;
    },
    remove: async (found, signal) => {
      const done: OfferingOrphans[] = [];
      for (const [index, deps] of opened.entries()) {
        const { name, lines = [], error } = found[index] ?? { name: deps.offering.name, error: undefined };
        const removed: OrphanLine[] = [];
        for (const line of lines) removed.push(await removeOne(deps, line, signal));
        done.push({ name, lines: removed, error });
      }
      return done;
    },
    close: async () => {
      for (const { backend } of opened) await backend.close();
      for (const { waldur } of all) waldur.close();
    },
  };
}

/** @throws AgentError `POLICY` when the policy of the offering forbids deletions. */
export function requireFullPolicy({ name, policy }: OfferingConfig): void {
  if (policy === 'full') return;
  throw new AgentError(`the policy "${policy}" of offering "${name}" forbids to delete its orphans`, {
    code: 'POLICY',
    disposition: 'operator',
    hint: 'Set `policy: full` on the offering, or name another one with --offering.',
  });
}

async function findIn(deps: OrphanDeps, signal: AbortSignal): Promise<OfferingOrphans> {
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

async function removeOne(deps: OrphanDeps, { orphan }: OrphanLine, signal: AbortSignal): Promise<OrphanLine> {
  try {
    await removeOrphan(deps, orphan, signal);
    return { orphan, outcome: 'deleted', error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { orphan, outcome: 'failed', error: toAgentError(error) };
  }
}
