import type { Action, Applied, Quota } from '../../src/plugin/contract.ts';
import { mintKeyPair } from '../../src/s3/key-pair.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import type { User } from './client.ts';
import type { Deps } from './deps.ts';
import { badLimit, CODES, hasCode, nameTaken, quotaNotKept, unsupported, vanished } from './errors.ts';
import { totalOf } from './observe.ts';
import { changeOf, holds, requested, SCOPES } from './quota.ts';
import { segment } from './segment.ts';
import { endpointOf } from './settings.ts';
import { readStamp, stampOf } from './stamp.ts';
import { terminate } from './terminate.ts';

type Kind<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Executes one action, on a user that carries the stamp of the resource. A crash between any two requests is repaired by a repetition. */
export async function apply(deps: Deps, action: Action, signal: AbortSignal): Promise<Applied> {
  signal.throwIfAborted();
  segment('a user name', action.account);
  switch (action.kind) {
    case 'create-account':
      return create(deps, action, signal);
    case 'delete-account':
      return terminate(deps, await findOurs(deps, action, signal), action.purge, signal);
    case 'set-quota':
      return setQuota(deps, action, signal);
    case 'configure':
      throw unsupported('Changing anything but limits');
    case 'suspend':
      return suspend(deps, action, true, signal);
    case 'resume':
      return suspend(deps, action, false, signal);
    case 'issue-key':
      return issueKey(deps, action, signal);
    case 'revoke-key':
      return revokeKey(deps, action, signal);
  }
}

async function create(deps: Deps, action: Kind<'create-account'>, signal: AbortSignal): Promise<Applied> {
  const { client, log } = deps;
  const { account, resource, displayName: name, quota } = action;
  checkLimits(quota);
  let changed = true;
  try {
    await client.create({ account, name, email: stampOf(account, resource) }, signal);
  } catch (error) {
    if (!hasCode(error, CODES.userExists)) throw error;
    changed = false;
  }
  // Read back in any case: another party's user stays as it is, and an earlier try of ours goes on.
  const user = await requireOurs(deps, action, signal);
  if (!changed) changed = await client.adopt(user, signal);
  if (quota.bytes === undefined && quota.objects === undefined) {
    log.warn({ account, resource }, 'no limit was ordered, so the account has none');
  }
  return { changed: (await limit(deps, user, quota, signal)) || changed };
}

async function setQuota(deps: Deps, action: Kind<'set-quota'>, signal: AbortSignal): Promise<Applied> {
  const { from, to } = action;
  checkLimits(to);
  const user = await requireOurs(deps, action, signal);
  const changed = await limit(deps, user, requested(from, to), signal);
  if (changed) await sayWhenFull(deps, action.account, to, signal);
  return { changed };
}

/** Both scopes, so that neither many buckets nor one can hold more; read back, because gateways store what they like. */
async function limit(deps: Deps, user: User, wanted: Partial<Quota>, signal: AbortSignal): Promise<boolean> {
  const { client } = deps;
  const wrong = (now: User) => SCOPES.filter((scope) => !holds(now.quotas[scope], wanted));
  const scopes = wrong(user);
  if (scopes.length === 0) return false;
  for (const scope of scopes) {
    await client.setQuota(user.account, scope, changeOf(user.quotas[scope], wanted), signal);
  }
  const after = await client.user(user.account, signal);
  if (after === undefined) throw vanished(user.account);
  const [still] = wrong(after);
  if (still !== undefined) throw quotaNotKept(user.account, still);
  return true;
}

/** A limit below what is stored is what was ordered: reading and deleting go on, and the operator should know why writing does not. */
async function sayWhenFull({ client, log }: Deps, account: string, to: Quota, signal: AbortSignal): Promise<void> {
  try {
    const { bytes, objects } = totalOf(await client.buckets(account, signal));
    const full = (to.bytes !== null && bytes > to.bytes) || (to.objects !== null && objects > to.objects);
    if (full)
      log.warn({ account }, 'the new limit is below what is stored: nothing can be written until it is deleted');
  } catch {
    signal.throwIfAborted();
  }
}

async function suspend(deps: Deps, action: Action, suspended: boolean, signal: AbortSignal): Promise<Applied> {
  const user = await requireOurs(deps, action, signal);
  if (deps.client.canSuspend && user.suspended === suspended) return { changed: false };
  await deps.client.suspend(action.account, suspended, signal);
  return { changed: true };
}

async function issueKey(deps: Deps, action: Kind<'issue-key'>, signal: AbortSignal): Promise<Applied> {
  const { client, settings } = deps;
  await requireOurs(deps, action, signal);
  const mint = (): KeyPair => mintKeyPair((bytes) => deps.random(bytes));
  let pair = mint();
  try {
    await client.putKey(action.account, pair, signal);
  } catch (error) {
    if (!hasCode(error, CODES.keyExists)) throw error;
    pair = mint();
    await client.putKey(action.account, pair, signal);
  }
  return { changed: true, credentials: { ...pair, endpoint: endpointOf(settings), region: settings.s3_region } };
}

async function revokeKey(deps: Deps, action: Kind<'revoke-key'>, signal: AbortSignal): Promise<Applied> {
  const { account, accessKey } = action;
  segment('an access key', accessKey);
  const { keys = await deps.client.keys(account, signal) } = await requireOurs(deps, action, signal);
  if (!keys.some((key) => key.accessKey === accessKey)) return { changed: false };
  await deps.client.deleteKey(account, accessKey, signal);
  return { changed: true };
}

/** @throws AgentError transient when it is gone: the next pass observes it as absent. */
async function requireOurs(deps: Deps, action: Action, signal: AbortSignal): Promise<User> {
  const user = await findOurs(deps, action, signal);
  if (user === undefined) throw vanished(action.account);
  return user;
}

async function findOurs({ client }: Deps, action: Action, signal: AbortSignal): Promise<User | undefined> {
  const user = await client.user(action.account, signal);
  if (user !== undefined && readStamp(user.account, user.email) !== action.resource) throw nameTaken(action.account);
  return user;
}

/** Beyond it gateways answer 200 and store "no limit". */
const LARGEST = 2n ** 62n;

function checkLimits({ bytes = null, objects = null }: Partial<Quota>): void {
  for (const value of [bytes, objects]) {
    if (value !== null && (value < 0n || value > LARGEST)) throw badLimit(value);
  }
}
