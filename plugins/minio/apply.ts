import type { Action, Applied } from '../../src/plugin/contract.ts';
import { mintKeyPair } from '../../src/s3/index.ts';
import { attachPolicy } from './attach-policy.ts';
import { checkUserName } from './bucket-names.ts';
import { configure } from './configure.ts';
import type { Deps } from './deps.ts';
import { CODES, hasCode } from './errors.ts';
import { checkLimits } from './limits.ts';
import { requireOurs } from './ours.ts';
import { bucketsIn } from './policy.ts';
import { provision } from './provision.ts';
import { limit } from './set-quota.ts';
import { publicEndpointOf } from './settings.ts';
import { terminate } from './terminate.ts';

type Kind<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Executes one action, on an account that carries the stamp of the resource. A crash between any two requests is repaired by a repetition. */
export async function apply(deps: Deps, action: Action, signal: AbortSignal): Promise<Applied> {
  signal.throwIfAborted();
  checkUserName(action.account);
  switch (action.kind) {
    case 'create-account':
      return provision(deps, action, signal);
    case 'configure':
      return configure(deps, action, signal);
    case 'set-quota':
      return setQuota(deps, action, signal);
    case 'suspend':
      return enable(deps, action, false, signal);
    case 'resume':
      return enable(deps, action, true, signal);
    case 'issue-key':
      return issueKey(deps, action, signal);
    case 'revoke-key':
      return revokeKey(deps, action, signal);
    case 'delete-account':
      return terminate(deps, action, signal);
  }
}

async function setQuota(deps: Deps, action: Kind<'set-quota'>, signal: AbortSignal): Promise<Applied> {
  checkLimits(action.to);
  const { policy } = await requireOurs(deps, action, signal);
  return { changed: await limit(deps, bucketsIn(policy), action.to.bytes, signal) };
}

/** A disabled user takes its service accounts with it. */
async function enable(deps: Deps, action: Action, enabled: boolean, signal: AbortSignal): Promise<Applied> {
  const { user } = await requireOurs(deps, action, signal);
  if (user.enabled === enabled) return { changed: false };
  await deps.client.admin.enableUser(action.account, enabled, signal);
  return { changed: true };
}

/**
 * Both halves are ours, so that the answer holds nothing that would have to be decrypted. A create that failed at its last
 * step leaves a user without its policy, who is there when the order is tried again: the key would be of no use.
 */
async function issueKey(deps: Deps, action: Kind<'issue-key'>, signal: AbortSignal): Promise<Applied> {
  const { client, settings } = deps;
  const { account, resource } = action;
  const { user } = await requireOurs(deps, action, signal);
  await attachPolicy(deps, account, user, signal);
  const mint = () => mintKeyPair((bytes) => deps.random(bytes));
  const add = (pair: ReturnType<typeof mint>) =>
    client.admin.addKey({ ...pair, user: account, name: 'waldur', description: `${account} ${resource}` }, signal);
  let pair = mint();
  try {
    await add(pair);
  } catch (error) {
    if (!hasCode(error, CODES.keyTaken)) throw error;
    pair = mint();
    await add(pair);
  }
  return { changed: true, credentials: { ...pair, endpoint: publicEndpointOf(settings), region: settings.region } };
}

async function revokeKey(deps: Deps, action: Kind<'revoke-key'>, signal: AbortSignal): Promise<Applied> {
  const { admin } = deps.client;
  await requireOurs(deps, action, signal);
  const keys = await admin.keys(action.account, signal);
  if (!keys.some(({ id }) => id === action.accessKey)) return { changed: false };
  return { changed: await admin.removeKey(action.accessKey, signal) };
}
