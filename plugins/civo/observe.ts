import { isAgentError } from '../../src/lib/errors.ts';
import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Observed, Pending, Sought } from '../../src/plugin/contract.ts';
import { isOverdue, isUnborn } from './birth.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { type Deps, withS3 } from './deps.ts';
import { describe } from './describe.ts';
import { type Located, locate, NOW_MS, PASS_MS } from './locate.ts';
import type { Credential, Store } from './model.ts';
import { accountId, readStamp } from './stamp.ts';

/** Civo takes seconds, and one listing tells of all stores that wait. */
const AGAIN_MS = 3000;
const WAITING = 'Civo is creating the store, usually 5 to 15 seconds.';
/** Of so few stores S3 is asked again every time: that is an order, and no pass over all of them. */
const FEW = 5;

/** The stores asked for, or all with our stamp, of one listing. One that cannot be read is left out: that proves nothing. */
export async function* observe(
  deps: Deps,
  accounts: readonly Sought[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  const { inventory, log, settings } = deps;
  const isPass = accounts === 'all' || accounts.length > FEW;
  const snapshot = await inventory.read(isPass ? PASS_MS : NOW_MS, signal);
  const sought = new Map<string, Sought>();
  if (accounts === 'all') {
    for (const { id, credentialId } of snapshot.stores.values()) {
      const resource = readStamp(snapshot.credentials.get(credentialId)?.name ?? '');
      const account = accountId(settings.region, id);
      if (resource !== undefined) sought.set(account, { account, resource });
    }
  } else {
    for (const one of accounts) sought.set(one.account, one);
  }
  yield* forAccounts(sought.keys(), log, signal, async (account) => {
    const one = sought.get(account) ?? { account };
    const located = await locate(deps, snapshot, one, signal);
    if (located !== 'elsewhere') return observeOne(deps, one, located, isPass, signal);
    log.warn({ account, region: settings.region }, 'the store is in another region than the offering');
    return undefined;
  });
}

/** Stores whose credential carries no stamp. */
export async function* unstamped({ inventory, settings }: Deps, signal: AbortSignal): AsyncGenerator<string> {
  const { stores, credentials } = await inventory.read(0, signal);
  for (const { id, credentialId } of stores.values()) {
    if (readStamp(credentials.get(credentialId)?.name ?? '') === undefined) yield accountId(settings.region, id);
  }
}

async function observeOne(
  deps: Deps,
  { account, resource }: Sought,
  { store, credential }: Located,
  isPass: boolean,
  signal: AbortSignal,
): Promise<Observed | undefined> {
  const { settings } = deps;
  if (store === undefined) {
    // The credential comes first, and the store can only be asked for when it is there.
    const isWaiting = credential?.status === 'pending' && resource !== undefined;
    if (!isWaiting || (await isOverdue(deps, resource))) return { state: 'absent', account };
    return { state: 'pending', account, resource, ...(await waiting(deps, resource)) };
  }
  const id = accountId(settings.region, store.id);
  const owner = readStamp(credential?.name ?? '');
  if (store.status === 'ready') {
    const configuration = await configurationOf(deps, store, credential, isPass, signal);
    return describe(deps, { account: id, store, credential, owner, configuration }, signal);
  }
  if (store.status === 'failed') {
    // Creating it again says why it is not there, and clears away what is left of it.
    if (owner !== undefined && (await isUnborn(deps, store, owner, signal))) return { state: 'absent', account };
    return describe(deps, { account: id, store, credential, owner, configuration: undefined }, signal);
  }
  if (owner !== undefined && (await isOverdue(deps, owner))) return { state: 'absent', account };
  return { state: 'pending', account: id, resource: owner, ...(await waiting(deps, owner)) };
}

async function waiting(
  { records, clock }: Deps,
  resource: string | undefined,
): Promise<Pick<Pending, 'since' | 'text' | 'againAfterMs'>> {
  const birth = resource === undefined ? undefined : await records.get(resource);
  return { since: birth?.createdAt ?? clock.now(), text: WAITING, againAfterMs: AGAIN_MS };
}

/** Undefined when it cannot be read, or is that of another party: then nothing is said about it. */
async function configurationOf(
  deps: Deps,
  store: Store,
  credential: Credential | undefined,
  isPass: boolean,
  signal: AbortSignal,
): Promise<Configuration | undefined> {
  const { remembered, log } = deps;
  if (credential === undefined || readStamp(credential.name) === undefined) return undefined;
  const known = isPass ? remembered.recall(store.id) : undefined;
  if (known !== undefined) return known;
  try {
    const read = await withS3(deps, store, credential, (s3) => readConfiguration(s3, store.bucket, signal));
    remembered.keep(store.id, read);
    return read;
  } catch (err) {
    signal.throwIfAborted();
    if (!isAgentError(err)) throw err;
    log.warn({ err, store: store.name }, 'the configuration of the bucket could not be read');
    return undefined;
  }
}
