import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import { sameJson } from '../lib/json.ts';
import type { AccountRef, Action, AttributeChange, Found, Observed, Pending, Quota } from '../plugin/contract.ts';
import { keptLimit } from '../plugin/limit-rules.ts';
import type { Desired } from './desired.ts';

/** How an account becomes as desired. */
export interface Plan {
  /** In the order in which they must run; empty when it is so already, and while the account is pending. */
  readonly actions: readonly Action[];
  /** Differences that no action can take away, because the attribute is fixed at the creation. */
  readonly left: readonly AttributeChange[];
}

const NOTHING: Plan = { actions: [], left: [] };

/**
 * What turns what was observed into what is desired. `missingKeys` is how many working keys it lacks that Waldur knows.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours.
 */
export function planAccount(desired: Desired, observed: Observed, missingKeys: number): Plan {
  const of = { account: observed.account, resource: desired.resource };
  const suspend: Action[] = desired.suspended ? [{ kind: 'suspend', ...of }] : [];
  if (observed.state === 'absent') {
    if (!desired.isServed) return NOTHING;
    const { displayName, orderedBy, quota, attributes } = desired;
    const what = { displayName, ...(orderedBy !== undefined && { orderedBy }), quota, attributes: given(attributes) };
    const create: Action = { kind: 'create-account', ...of, ...what };
    return { actions: [create, ...suspend, ...issue(of, missingKeys)], left: [] };
  }
  refuseForeign(observed, desired.resource);
  if (observed.state === 'pending') return NOTHING;
  const to = targetQuota(desired, observed);
  const quota: Action[] = sameQuota(observed.quota, to) ? [] : [{ kind: 'set-quota', ...of, from: observed.quota, to }];
  const differences = attributeChanges(desired, observed);
  const changes = differences.filter(({ path }) => desired.isChangeable(path));
  const configure: Action[] = changes.length === 0 ? [] : [{ kind: 'configure', ...of, changes }];
  const flag: Action[] =
    desired.suspended === observed.suspended ? [] : desired.suspended ? suspend : [{ kind: 'resume', ...of }];
  return {
    actions: [...quota, ...configure, ...flag, ...issue(of, desired.isServed ? missingKeys : 0)],
    left: differences.filter(({ path }) => !desired.isChangeable(path)),
  };
}

/**
 * The actions that end an account. An absent one is deleted, too: a run that ended half-way may have left something of it,
 * such as its credential. Never by a computed name: the caller passes the stored one.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours.
 */
export function planRemoval(
  of: AccountRef,
  observed: Observed,
  onTerminate: OfferingConfig['onTerminate'],
): readonly Action[] {
  if (observed.state !== 'absent') refuseForeign(observed, of.resource);
  if (onTerminate !== 'suspend' || observed.state !== 'found') {
    return [{ kind: 'delete-account', ...of, purge: onTerminate === 'purge' }];
  }
  return observed.suspended ? [] : [{ kind: 'suspend', ...of }];
}

/**
 * A new key, and the end of the old one for when Waldur has the new: until then the old one works.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours, transient
 * `ACCOUNT_VANISHED` when it is absent and `ACCOUNT_PENDING` when it is still being made.
 */
export function planRotation(
  of: AccountRef,
  observed: Observed,
  old: string | undefined,
): { readonly issue: Action; readonly revoke: readonly Extract<Action, { kind: 'revoke-key' }>[] } {
  if (observed.state === 'absent') {
    throw new AgentError(`account ${of.account} is missing, so it has no keys`, {
      code: 'ACCOUNT_VANISHED',
      disposition: 'transient',
      hint: 'Upkeep makes the account again, with new keys.',
    });
  }
  refuseForeign(observed, of.resource);
  if (observed.state === 'pending') {
    throw new AgentError(`account ${of.account} is still being made`, {
      code: 'ACCOUNT_PENDING',
      disposition: 'transient',
      retryAfterMs: observed.againAfterMs,
    });
  }
  const isThere = old !== undefined && observed.keys.some(({ id }) => id === old);
  return {
    issue: { kind: 'issue-key', ...of },
    revoke: isThere ? [{ kind: 'revoke-key', ...of, accessKey: old }] : [],
  };
}

/** Keys that Waldur does not know: left over by a run that ended between issuing one and reporting it. */
export function planPrune(of: AccountRef, leftovers: readonly string[]): readonly Action[] {
  return leftovers.map((accessKey) => ({ kind: 'revoke-key', ...of, accessKey }));
}

/**
 * A dimension that was not ordered keeps its value. A frozen account may hold what it holds; while the backend does not
 * say how much that is, its limit stays as it is, and is lowered only to what was ordered.
 */
function targetQuota(desired: Desired, { quota, holds }: Found): Quota {
  const ordered = { ...quota, ...desired.quota };
  if (!desired.isFrozen) return ordered;
  const frozen = holds === undefined ? quota.bytes : (keptLimit(holds.bytes, desired.byteRules) ?? least(desired));
  return { ...ordered, bytes: lower(frozen, ordered.bytes) };
}

/** For backends that cannot allow nothing. */
function least({ byteRules: { min = 0n, step = 1n } }: Desired): bigint {
  return min > step ? min : step;
}

function lower(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** Only of what was ordered, and only where the backend says what it has. */
function attributeChanges({ attributes }: Desired, { attributes: now = {} }: Found): readonly AttributeChange[] {
  return Object.entries(attributes).flatMap(([path, to]) => {
    const from = now[path];
    return from === undefined || sameJson(from, to) ? [] : [{ path, from, to }];
  });
}

function given(attributes: Desired['attributes']): Desired['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}

function issue(of: AccountRef, count: number): Action[] {
  return Array.from({ length: Math.max(0, count) }, () => ({ kind: 'issue-key', ...of }));
}

function sameQuota(a: Quota, b: Quota): boolean {
  return a.bytes === b.bytes && a.objects === b.objects;
}

function refuseForeign(found: Found | Pending, resource: string): void {
  if (found.resource === resource) return;
  throw new AgentError('The account name this resource would get is taken by another account.', {
    code: found.resource === undefined ? 'ACCOUNT_UNSTAMPED' : 'ACCOUNT_TAKEN',
    disposition: 'terminal',
    hint: 'Ask the provider to rename or remove the other account; the agent does not touch accounts it did not create.',
  });
}
