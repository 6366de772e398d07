import type { Action, Applied } from '../../src/plugin/contract.ts';
import { remove, resume, setQuota, suspend } from './accounts/accounts.ts';
import { create } from './accounts/create.ts';
import { isProven } from './central/mappings.ts';
import type { Deps } from './deps.ts';
import { noKeys, nothingToConfigure, unknownHost, unproven, usernameMissing } from './errors.ts';
import { siteOf } from './observe.ts';
import type { Site } from './site.ts';

/** Executes one action. A crash between any two steps is repaired by a repetition. */
export async function apply(deps: Deps, action: Action, signal: AbortSignal): Promise<Applied> {
  signal.throwIfAborted();
  const site = await siteFor(deps, action);
  const accounts = deps.accounts(site);
  switch (action.kind) {
    case 'create-account': {
      const existing = existingName(deps, site, action);
      const needsApproval = existing !== undefined && (await isUnproven(deps, site, existing, action));
      const { account, resource, quota } = action;
      return create(accounts, { account, resource, quota, existing, needsApproval }, signal);
    }
    case 'set-quota':
      return changed(await setQuota(accounts, action, action.to, signal));
    case 'suspend':
      return changed(await suspend(accounts, action, signal));
    case 'resume':
      return changed(await resume(accounts, action, signal));
    case 'delete-account':
      return changed(await remove(accounts, action, action.purge, signal));
    case 'configure':
      throw nothingToConfigure(action.account);
    case 'issue-key':
    case 'revoke-key':
      throw noKeys(action.account);
  }
}

/** Where a new account goes, or where one is. */
async function siteFor(deps: Deps, action: Action): Promise<Site> {
  const records = await deps.registry.all();
  const isKnown = records.some(({ resource }) => resource === action.resource);
  const asked = action.kind === 'create-account' && !isKnown ? action.attributes['host'] : undefined;
  const site =
    typeof asked === 'string'
      ? deps.sites.find(({ id }) => id === asked)
      : siteOf(deps, action.account, action.resource, records);
  if (site === undefined) throw unknownHost(typeof asked === 'string' ? asked : action.account);
  return site;
}

/** The user or group that the order names; undefined where the agent makes one. */
function existingName(
  { settings, sites }: Deps,
  site: Site,
  { attributes }: Extract<Action, { kind: 'create-account' }>,
): string | undefined {
  const isPerson = settings.subject === 'user' || settings.subject === 'group';
  if (!isPerson || (settings.create_users && site === sites[0])) return undefined;
  const { username } = attributes;
  if (typeof username !== 'string') throw usernameMissing(settings.subject);
  return username;
}

/**
 * Whether a person has to agree that this user is limited.
 *
 * @throws AgentError terminal `HOST_QUOTA_UNPROVEN` unless `approval` is `manual`.
 */
async function isUnproven(
  { settings, store, registry }: Deps,
  { id: hostId }: Site,
  user: string,
  { resource, orderedBy: person }: Extract<Action, { kind: 'create-account' }>,
): Promise<boolean> {
  // Decided when its record was written.
  if ((await registry.all()).some((one) => one.resource === resource && one.account !== undefined)) return false;
  const isUser = settings.subject === 'user' && person !== undefined;
  if (isUser && (await isProven(store, { person, hostId, user }))) return false;
  if (settings.approval === 'manual') return true;
  throw unproven(user, hostId);
}

function changed(done: Applied): Applied {
  return { changed: done.changed };
}
