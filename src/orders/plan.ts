import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { Action, Found, Observed, Quota } from '../plugin/contract.ts';
import type { Desired } from './desired.ts';

/**
 * The actions that turn what was observed into what is desired, in the order in which they must run. Empty when it is so
 * already. `missingKeys` is how many working keys it lacks that Waldur knows.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours.
 */
export function planPresence(desired: Desired, observed: Observed, missingKeys: number): readonly Action[] {
  const of = { account: desired.account, resource: desired.resource };
  const suspend: Action[] = desired.suspended ? [{ kind: 'suspend', ...of }] : [];
  if (observed.state === 'absent') {
    const create: Action = { kind: 'create-account', ...of, displayName: desired.displayName, quota: desired.quota };
    return [create, ...suspend, ...issue(of, missingKeys)];
  }
  refuseForeign(observed, desired.resource);
  const to = targetQuota(desired, observed);
  const quota: Action[] = sameQuota(observed.quota, to) ? [] : [{ kind: 'set-quota', ...of, from: observed.quota, to }];
  const flag: Action[] =
    desired.suspended === observed.suspended ? [] : desired.suspended ? suspend : [{ kind: 'resume', ...of }];
  return [...quota, ...flag, ...issue(of, missingKeys)];
}

/**
 * The actions that end an account. Absent is done. Never by a computed name: the caller passes the stored one.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours.
 */
export function planRemoval(
  of: { readonly account: string; readonly resource: string },
  observed: Observed,
  onTerminate: OfferingConfig['onTerminate'],
): readonly Action[] {
  if (observed.state === 'absent') return [];
  refuseForeign(observed, of.resource);
  if (onTerminate !== 'suspend') return [{ kind: 'delete-account', ...of, purge: onTerminate === 'purge' }];
  return observed.suspended ? [] : [{ kind: 'suspend', ...of }];
}

/**
 * A new key, and the end of the old one for when Waldur has the new: until then the old one works.
 *
 * @throws AgentError terminal `ACCOUNT_TAKEN` or `ACCOUNT_UNSTAMPED` when the account is not ours, transient `ACCOUNT_VANISHED` when it is absent.
 */
export function planRotation(
  of: { readonly account: string; readonly resource: string },
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
  const isThere = old !== undefined && observed.accessKeys.includes(old);
  return {
    issue: { kind: 'issue-key', ...of },
    revoke: isThere ? [{ kind: 'revoke-key', ...of, accessKey: old }] : [],
  };
}

/** Keys nobody knows: left over by a run that ended between issuing one and reporting it. */
export function planPrune(
  of: { readonly account: string; readonly resource: string },
  leftovers: readonly string[],
): readonly Action[] {
  return leftovers.map((accessKey) => ({ kind: 'revoke-key', ...of, accessKey }));
}

/** A dimension nobody ordered keeps its value. A frozen account may hold what it holds, where the backend says how much. */
function targetQuota(desired: Desired, { quota, holds }: Found): Quota {
  const ordered = { ...quota, ...desired.quota };
  if (!desired.isFrozen || holds === undefined) return ordered;
  const { bytes } = ordered;
  return { ...ordered, bytes: bytes === null || holds.bytes < bytes ? holds.bytes : bytes };
}

function issue(of: { readonly account: string; readonly resource: string }, count: number): Action[] {
  return Array.from({ length: Math.max(0, count) }, () => ({ kind: 'issue-key', ...of }));
}

function sameQuota(a: Quota, b: Quota): boolean {
  return a.bytes === b.bytes && a.objects === b.objects;
}

function refuseForeign(found: Found, resource: string): void {
  if (found.resource === resource) return;
  throw new AgentError('The account name this resource would get is taken by another account.', {
    code: found.resource === undefined ? 'ACCOUNT_UNSTAMPED' : 'ACCOUNT_TAKEN',
    disposition: 'terminal',
    hint: 'Ask the provider to rename or remove the other account; the agent does not touch accounts it did not create.',
  });
}
