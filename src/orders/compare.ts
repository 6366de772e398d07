import type { OfferingConfig } from '../config/types.ts';
import { sameJson } from '../lib/json.ts';
import type { Action, AttributeChange, Backend, Found, Observed } from '../plugin/contract.ts';
import type { Resource } from '../waldur/types.ts';
import type { Desired } from './desired.ts';
import type { KeyStore, ResourceKeys } from './key-store.ts';
import { observeAccount } from './observe-account.ts';
import { planAccount, planPrune } from './plan.ts';
import { permitted } from './policy.ts';

export interface CompareDeps {
  readonly offering: OfferingConfig;
  readonly backend: Backend;
  readonly keys: KeyStore;
}

/** An account beside what it should be, and what follows: computed before anything is approved or written. */
export interface Comparison {
  readonly resource: Resource;
  readonly desired: Desired;
  /** The id of the account, or the name that it will be made under. */
  readonly account: string;
  readonly observed: Observed;
  readonly keys: ResourceKeys;
  readonly actions: readonly Action[];
  /** Differences that stay. */
  readonly left: readonly AttributeChange[];
}

/**
 * Reads the account and the keys that Waldur has; writes nothing.
 *
 * @throws AgentError when one of them cannot be read, or when the account belongs to another resource.
 */
export async function compareAccount(
  deps: CompareDeps,
  resource: Resource,
  desired: Desired,
  signal: AbortSignal,
): Promise<Comparison> {
  const sought = { account: desired.account, resource: resource.uuid };
  const observed = await observeAccount(deps.backend, sought, signal);
  const keys = await deps.keys.open(resource, signal);
  return compare(resource, desired, observed, keys);
}

/** The same for what was read already. */
export function compare(resource: Resource, desired: Desired, observed: Observed, keys: ResourceKeys): Comparison {
  const plan = planAccount(desired, observed, keys.missing(workingKeys(observed)));
  return { resource, desired, account: observed.account, observed, keys, ...plan };
}

/** Whether Waldur has the facts and endpoints of the account as they are. */
export function isReported(resource: Resource, keys: ResourceKeys, observed: Found): boolean {
  const metadata = keys.metadata(observed.metadata);
  return sameJson(metadata, resource.backendMetadata) && sameJson(observed.endpoints, resource.endpoints);
}

/** The keys of the account that may go, as far as the policy lets them. */
export function pruning(
  { policy }: OfferingConfig,
  { uuid }: Resource,
  keys: ResourceKeys,
  observed: Observed,
  isNew: boolean,
): readonly Action[] {
  const of = { account: observed.account, resource: uuid };
  return permitted(policy, planPrune(of, keys.leftovers(keyIds(observed), isNew)));
}

export function keyIds(observed: Observed): readonly string[] {
  return observed.state === 'found' ? observed.keys.map(({ id }) => id) : [];
}

/** A key that is listed and does not work is a missing key. */
export function workingKeys(observed: Observed): readonly string[] {
  return observed.state === 'found' ? observed.keys.filter(({ works }) => works).map(({ id }) => id) : [];
}
