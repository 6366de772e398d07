import type { Action } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { CODES, hasCode } from './errors.ts';
import { badName, nameTaken } from './failures.ts';
import { storeOf } from './inventory.ts';
import type { Credential, Store } from './model.ts';
import type { Birth } from './records.ts';
import { accountOf, isStoreName } from './stamp.ts';

type Create = Extract<Action, { kind: 'create-account' }>;

const LONGEST_NAME = 63;
/** Names that are tried when the one before is a ghost. */
const SUFFIXES = ['', '-2', '-3', '-4'];

/**
 * Asks for the store of a credential that is ready. What is asked for is recorded before, and the id as soon as Civo says
 * it. A name that is taken by a store that is not to be seen is that of a deleted one: the next try has a suffix.
 */
export async function createStore(
  deps: Deps,
  action: Create,
  credential: Credential,
  sizeGb: number,
  signal: AbortSignal,
): Promise<Store> {
  const { clock, records, log } = deps;
  const { resource } = action;
  const before = await records.get(resource);
  const ordered = orderedName(deps, action, credential, before);
  // A name that was ordered stays, unless it was ours before: then only its ghost can have it.
  const isFixed = action.attributes['bucket_name'] !== undefined && before?.ordered !== ordered;
  const createdAt = before === undefined || before.readyAfterMs !== undefined ? clock.now() : before.createdAt;
  for (const suffix of SUFFIXES) {
    const name = ordered.slice(0, LONGEST_NAME - suffix.length) + suffix;
    await records.put(resource, { createdAt, ordered, name });
    const store = await tryName(deps, name, credential, sizeGb, signal);
    if (store !== undefined) {
      await records.put(resource, { createdAt, ordered, name, store: store.id });
      return store;
    }
    if (isFixed) break;
    await records.addGhost({ name, resource, since: clock.now() });
    log.warn({ name, resource }, 'the name is taken by a store that Civo does not show: ask Civo to remove it');
  }
  throw nameTaken(ordered);
}

/** The ordered one, or that of the account; of a store that is made again, the one it had. */
function orderedName(
  { settings }: Deps,
  { account, attributes, resource }: Create,
  credential: Credential,
  before: Birth | undefined,
): string {
  const { bucket_name: wanted } = attributes;
  const own = `${settings.user_prefix}${resource.slice(0, 8)}`;
  const name =
    typeof wanted === 'string' ? wanted : (nameIn(account) ?? before?.ordered ?? accountOf(credential.name) ?? own);
  if (!isStoreName(name)) throw badName(name);
  return name;
}

/** The account is the name until there is an id. */
function nameIn(account: string): string | undefined {
  return account.includes('/') ? undefined : account;
}

/** Undefined when the name is taken by something that cannot be seen. @throws AgentError `CIVO_NAME_EXISTS` when it can */
async function tryName(
  { client, inventory }: Deps,
  name: string,
  credential: Credential,
  sizeGb: number,
  signal: AbortSignal,
): Promise<Store | undefined> {
  const { accessKey } = credential.keys;
  try {
    const store = await client.createStore({ name, sizeGb, accessKey }, signal);
    inventory.learn({ store });
    return store;
  } catch (error) {
    // It may be there all the same.
    inventory.forget();
    if (!hasCode(error, CODES.nameExists)) throw error;
  }
  const snapshot = await inventory.read(0, signal);
  const own = storeOf(snapshot, credential);
  if (own !== undefined) return own;
  if ([...snapshot.stores.values()].some((store) => store.name === name)) throw nameTaken(name);
  return undefined;
}
