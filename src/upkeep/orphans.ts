import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { allow } from '../orders/policy.ts';
import type { Action, Backend, Found } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import { RESOURCE_STATES, type ResourceState } from '../waldur/types.ts';

/** An account with our stamp whose resource is gone in Waldur. */
export interface Orphan {
  readonly account: Found;
  /** UUID of the resource that owned it. */
  readonly resource: Uuid;
  /** Waldur says that it ended, or has never heard of it any more. */
  readonly reason: 'terminated' | 'unlinked';
}

export interface OrphanDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  /** All offerings of the configuration: another one may have its accounts on the same storage. */
  readonly all: readonly { readonly offering: OfferingConfig; readonly waldur: Waldur }[];
}

/**
 * The accounts that have no owner in Waldur. The backend is listed first: a resource is there before its account is. Writes
 * nothing.
 *
 * @throws AgentError when any list fails or is not complete: what cannot be seen is not gone.
 */
export async function findOrphans(deps: OrphanDeps, signal: AbortSignal): Promise<readonly Orphan[]> {
  const stamped: Found[] = [];
  for await (const observed of deps.backend.observe('all', signal)) {
    if (observed.state === 'found' && observed.resource !== undefined) stamped.push(observed);
  }
  if (stamped.length === 0) return [];
  const own = await statesOf(deps.offering, deps.waldur, signal);
  if (own.size === 0) throw unproven(deps.offering);
  const suspects = stamped.filter(({ resource = '' }) => (own.get(resource) ?? 'Terminated') === 'Terminated');
  if (suspects.length === 0) return [];
  const others = new Set<Uuid>();
  for (const { offering, waldur } of deps.all) {
    if (offering.uuid === deps.offering.uuid) continue;
    for (const resource of (await statesOf(offering, waldur, signal)).keys()) others.add(resource);
  }
  const orphans: Orphan[] = [];
  for (const account of suspects) {
    const { resource = '' } = account;
    if (others.has(resource)) continue;
    // A row that ended while it was listed can be on no page, and one of another offering is on none of ours.
    const state = await deps.waldur.resources.find(resource, signal);
    if (state === undefined && isNamedByUs(deps.offering, account))
      orphans.push({ account, resource, reason: 'unlinked' });
    if (state === 'Terminated' && own.has(resource)) orphans.push({ account, resource, reason: 'terminated' });
  }
  return orphans;
}

/**
 * Deletes the account, unless it has an owner again.
 *
 * @throws AgentError terminal `ORPHAN_OWNED` when its resource lives, operator `POLICY`, and what the backend says of an
 * account that holds data, unless the offering purges.
 */
export async function removeOrphan(
  deps: Pick<OrphanDeps, 'offering' | 'waldur' | 'backend'>,
  orphan: Orphan,
  signal: AbortSignal,
): Promise<void> {
  const { offering, waldur, backend } = deps;
  const action = removal(offering, orphan);
  allow(offering.policy, [action]);
  const state = await waldur.resources.find(orphan.resource, signal);
  if (state !== undefined && state !== 'Terminated') {
    throw new AgentError(`account ${orphan.account.account} is no orphan any more: its resource is ${state}`, {
      code: 'ORPHAN_OWNED',
      disposition: 'terminal',
    });
  }
  await backend.apply(action, signal);
}

export function removal({ onTerminate }: OfferingConfig, { account: { account }, resource }: Orphan): Action {
  return { kind: 'delete-account', account, resource, purge: onTerminate === 'purge' };
}

/** State of every resource of the offering that Waldur has, those that ended as well. */
async function statesOf(
  offering: OfferingConfig,
  waldur: Waldur,
  signal: AbortSignal,
): Promise<ReadonlyMap<Uuid, ResourceState>> {
  // A user who has lost the role gets an empty list, and no offering.
  await waldur.offerings.get(offering.uuid, signal);
  const states = new Map<Uuid, ResourceState>();
  const query = { offering: offering.uuid, states: RESOURCE_STATES };
  for await (const page of waldur.resources.listMetered(query, signal)) {
    for (const { uuid, state } of page) states.set(uuid, state);
  }
  return states;
}

/** Of what Waldur does not know, only the name says that it can be of this offering. */
function isNamedByUs({ plugin, settings }: OfferingConfig, { account, resource = '' }: Found): boolean {
  return account.startsWith(plugin.naming(settings).prefix) && account.endsWith(resource.slice(0, 8));
}

function unproven({ name }: OfferingConfig): AgentError {
  return new AgentError(`Waldur shows no resource of offering "${name}" at all, not even one that ended`, {
    code: 'ORPHANS_UNPROVEN',
    disposition: 'operator',
    hint: 'Check waldur_offering_uuid and the role of the account: accounts whose resources cannot be seen are no orphans.',
  });
}
