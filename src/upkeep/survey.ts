import type { OfferingConfig } from '../config/types.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { accessKeysOf, isReported, pruning } from '../orders/converge.ts';
import { decidingPlan, desired } from '../orders/desired.ts';
import type { KeyStore, ResourceKeys } from '../orders/key-store.ts';
import { planPresence } from '../orders/plan.ts';
import type { Action, Backend, Observed } from '../plugin/contract.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Resource } from '../waldur/types.ts';

/**
 * What a resource was found to be.
 * - `in-step`: the backend and Waldur agree
 * - `drift`: `actions` or Waldur's metadata are due
 * - `missing`: its account was proved absent
 * - `unreadable`: the backend did not say, which proves nothing
 * - `faulty`: it cannot be brought in step, for the reason in `error`
 */
export type FindingKind = 'in-step' | 'drift' | 'missing' | 'unreadable' | 'faulty';

export interface Finding {
  readonly kind: FindingKind;
  readonly resource: Resource;
  readonly actions: readonly Action[];
  readonly error: AgentError | undefined;
}

export interface SurveyDeps {
  readonly offering: OfferingConfig;
  readonly waldur: Waldur;
  readonly backend: Backend;
  readonly keys: KeyStore;
  planQuotas(plan: Uuid, signal: AbortSignal): Promise<JsonObject>;
}

const PAGE = 100;

/** Every resource that should exist, compared with its account. One listing of the backend per hundred; writes nothing. */
export async function* survey(deps: SurveyDeps, signal: AbortSignal): AsyncGenerator<Finding> {
  const states = ['OK', 'Erred', 'Updating'] as const;
  const keysOf = await deps.keys.openAll(signal);
  let page: Resource[] = [];
  for await (const resource of deps.waldur.resources.list({ offering: deps.offering.uuid, states }, signal)) {
    // Without a name its account was never made: its order will.
    if (resource.backendId !== '') page.push(resource);
    if (page.length < PAGE) continue;
    yield* comparePage(deps, page, keysOf, signal);
    page = [];
  }
  if (page.length > 0) yield* comparePage(deps, page, keysOf, signal);
}

async function* comparePage(
  deps: SurveyDeps,
  page: readonly Resource[],
  keysOf: (resource: Resource) => ResourceKeys,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const seen = new Map<string, Observed>();
  const accounts = page.map((resource) => resource.backendId);
  for await (const observed of deps.backend.observe(accounts, signal)) seen.set(observed.account, observed);
  for (const resource of page)
    yield await compare(deps, resource, keysOf(resource), seen.get(resource.backendId), signal);
}

async function compare(
  deps: SurveyDeps,
  resource: Resource,
  keys: ResourceKeys,
  observed: Observed | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  if (observed === undefined) return { kind: 'unreadable', resource, actions: [], error: undefined };
  try {
    const plan = decidingPlan(deps.offering, resource, undefined);
    const quotas = plan === undefined ? {} : await deps.planQuotas(plan, signal);
    const accessKeys = accessKeysOf(observed);
    const wanted = desired(deps.offering, resource, undefined, quotas);
    const actions = [
      ...planPresence(wanted, observed, keys.missing(accessKeys)),
      ...pruning(deps.offering, resource, keys, observed, false),
    ];
    if (observed.state === 'absent') return { kind: 'missing', resource, actions, error: undefined };
    const kind = actions.length === 0 && isReported(resource, keys, observed) ? 'in-step' : 'drift';
    return { kind, resource, actions, error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'faulty', resource, actions: [], error: toAgentError(error) };
  }
}
