import type { OfferingConfig } from '../config/types.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { compare, pruning } from '../orders/compare.ts';
import { desired } from '../orders/desired.ts';
import { isInStep, planQuotasOf } from '../orders/inspect-resource.ts';
import type { KeyStore, ResourceKeys } from '../orders/key-store.ts';
import type { Action, AttributeChange, Backend, Observed } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';

/**
 * What a resource was found to be.
 * - `in-step`: the backend and Waldur agree
 * - `drift`: `actions` or Waldur's metadata are due
 * - `missing`: its account was proved absent
 * - `pending`: the backend is still making its account
 * - `unreadable`: the backend did not say, which proves nothing
 * - `faulty`: it cannot be brought in step, for the reason in `error`
 */
export type FindingKind = 'in-step' | 'drift' | 'missing' | 'pending' | 'unreadable' | 'faulty';

export interface Finding {
  readonly kind: FindingKind;
  readonly resource: Resource;
  readonly actions: readonly Action[];
  /** Differences that no action can take away. */
  readonly left: readonly AttributeChange[];
  /** Of a drift: why it will not all be repaired. */
  readonly error: AgentError | undefined;
  /** The account as it was read; undefined when the backend did not say. */
  readonly observed: Observed | undefined;
}

export interface FindDriftDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly keys: KeyStore;
  planQuotas(plan: Uuid, signal: AbortSignal): Promise<JsonObject>;
}

/**
 * Every resource that should exist, compared with its account. One `observe` for all of them, so that a backend that can
 * only list lists once; writes nothing.
 */
export async function* findDrift(deps: FindDriftDeps, signal: AbortSignal): AsyncGenerator<Finding> {
  const states = ['OK', 'Erred', 'Updating'] as const;
  const keysOf = await deps.keys.openAll(signal);
  const byAccount = new Map<string, Resource[]>();
  for await (const resource of deps.waldur.resources.list({ offering: deps.offering.uuid, states }, signal)) {
    // Without an id its account was never made: its order will.
    if (resource.backendId === '') continue;
    byAccount.set(resource.backendId, [...(byAccount.get(resource.backendId) ?? []), resource]);
  }
  if (byAccount.size === 0) return;
  const sought = [...byAccount].map(([account, [first]]) => ({ account, resource: first?.uuid ?? '' }));
  for await (const observed of deps.backend.observe(sought, signal)) {
    for (const resource of byAccount.get(observed.account) ?? []) {
      yield await judge(deps, resource, keysOf(resource), observed, signal);
    }
    byAccount.delete(observed.account);
  }
  for (const resource of [...byAccount.values()].flat()) yield finding('unreadable', resource);
}

async function judge(
  deps: FindDriftDeps,
  resource: Resource,
  keys: ResourceKeys,
  observed: Observed,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const wanted = desired(deps.offering, resource, undefined, await planQuotasOf(deps, resource, undefined, signal));
    const comparison = compare(resource, wanted, observed, keys);
    const actions = [...comparison.actions, ...pruning(deps.offering, resource, keys, observed, false)];
    const { left } = comparison;
    const error = wanted.problems[0]?.error;
    if (observed.state === 'absent') return finding('missing', resource, { actions, observed });
    if (observed.state === 'pending') return finding('pending', resource, { observed });
    if (!isInStep(deps, comparison)) return finding('drift', resource, { actions, left, error, observed });
    return finding(error === undefined ? 'in-step' : 'faulty', resource, { left, error, observed });
  } catch (error) {
    signal.throwIfAborted();
    return finding('faulty', resource, { error: toAgentError(error), observed });
  }
}

function finding(
  kind: FindingKind,
  resource: Resource,
  { actions = [], left = [], error, observed }: Partial<Pick<Finding, 'actions' | 'left' | 'error' | 'observed'>> = {},
): Finding {
  return { kind, resource, actions, left, error, observed };
}
