import type { Action, Applied } from '../../src/plugin/contract.ts';
import { isOverdue, isUnborn } from './birth.ts';
import { configure } from './configuration.ts';
import { createStore } from './create-store.ts';
import { type Deps, withS3 } from './deps.ts';
import {
  badSize,
  broken,
  credentialFailed,
  fullRegion,
  neverReady,
  quotaReached,
  stuck,
  unknownRegion,
  unsupportedRegion,
} from './failures.ts';
import { credentialFor, storeOf } from './inventory.ts';
import { NOW_MS } from './locate.ts';
import type { Credential, Store } from './model.ts';
import { remove } from './remove.ts';
import { sizeFor } from './size.ts';
import { accountId, stampOf } from './stamp.ts';

type Create = Extract<Action, { kind: 'create-account' }>;

/**
 * Credential, then store, then what S3 sets. Each step looks before it acts, so that a repetition goes on where the last
 * try ended. Returns when Civo was asked for everything that it can be asked for now: `observe` says when it is there.
 */
export async function create(deps: Deps, action: Create, signal: AbortSignal): Promise<Applied> {
  const { inventory, settings } = deps;
  const { resource } = action;
  const sizeGb = sizeOf(deps, action);
  const snapshot = await inventory.read(NOW_MS, signal);
  const found = credentialFor(snapshot, action);
  const there = found && storeOf(snapshot, found);
  if (found !== undefined && there !== undefined) await refuseStillborn(deps, there, found, resource, signal);
  if (found === undefined) await refuseHopeless(deps, sizeGb, signal);
  const made = found ?? (await createCredential(deps, action, signal));
  const credential = await readyCredential(deps, made, resource, signal);
  if (credential === undefined) return { changed: found === undefined };
  const store = there ?? (await createStore(deps, action, credential, sizeGb, signal));
  const account = accountId(settings.region, store.id);
  const isConfigured = store.status === 'ready' && (await configureNow(deps, action, store, credential, signal));
  return { changed: there === undefined || isConfigured, account };
}

function sizeOf({ settings }: Deps, { quota: { bytes, objects = null } }: Create): number {
  if (objects !== null) throw badSize(`${objects} objects`);
  if (bytes === undefined) return settings.default_size_gb;
  if (bytes === null) throw badSize('no size at all');
  if (bytes <= 0n) throw badSize(`${bytes} bytes`);
  return sizeFor(bytes);
}

/** What no order of this size can be successful for, before anything is made. */
async function refuseHopeless(deps: Deps, sizeGb: number, signal: AbortSignal): Promise<void> {
  const { client, settings } = deps;
  const { region: code } = settings;
  const regions = await deps.regions(signal);
  const region = regions.find((one) => one.code === code);
  if (region === undefined) throw unknownRegion(code, regions);
  if (!region.objectStore) throw unsupportedRegion(code, regions);
  if (region.outOfCapacity) throw fullRegion(code);
  const quota = await client.quota(signal);
  if (quota === undefined || quota.usedGb + sizeGb <= quota.limitGb) return;
  throw quotaReached(sizeGb, quota.limitGb, quota.usedGb);
}

async function createCredential(deps: Deps, { account, resource }: Create, signal: AbortSignal): Promise<Credential> {
  const { client, clock, inventory, records } = deps;
  const before = await records.get(resource);
  await records.put(resource, {
    createdAt: clock.now(),
    ...(before?.ordered !== undefined && { ordered: before.ordered }),
  });
  try {
    const credential = await client.createCredential(stampOf(account, resource), signal);
    inventory.learn({ credential });
    return credential;
  } catch (error) {
    // It may be there all the same.
    inventory.forget();
    throw error;
  }
}

/** Undefined while Civo is still making it: that takes seconds, which are not waited for here. */
async function readyCredential(
  deps: Deps,
  credential: Credential,
  resource: string,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const { client, inventory } = deps;
  const now = credential.status === 'pending' ? await client.credential(credential.id, signal) : credential;
  if (now === undefined) return undefined;
  inventory.learn({ credential: now });
  if (now.status === 'ready') return now;
  if (now.status === 'pending' && !(await isOverdue(deps, resource))) return undefined;
  await remove(deps, { store: undefined, credential: now }, signal);
  throw credentialFailed(now);
}

/** A store that failed, or takes too long, goes, with its credential, unless it may hold data. */
async function refuseStillborn(
  deps: Deps,
  store: Store,
  credential: Credential,
  resource: string,
  signal: AbortSignal,
): Promise<void> {
  const { settings, records, log } = deps;
  if (store.status === 'ready') return;
  if (store.status === 'failed') {
    if (!(await isUnborn(deps, store, resource, signal))) throw broken(store);
    await remove(deps, { store, credential }, signal);
    await records.delete(resource);
    throw neverReady(store.name, store.said);
  }
  if (!(await isOverdue(deps, resource))) return;
  try {
    await remove(deps, { store, credential }, signal);
    await records.delete(resource);
  } catch (err) {
    signal.throwIfAborted();
    log.error({ err, store: store.name }, 'a store that never became ready could not be deleted');
  }
  throw stuck(store, settings.create_timeout);
}

async function configureNow(
  deps: Deps,
  { attributes, resource }: Create,
  store: Store,
  credential: Credential,
  signal: AbortSignal,
): Promise<boolean> {
  const { bucket_name: _, ...wanted } = attributes;
  deps.remembered.forget(store.id);
  return withS3(deps, store, credential, (s3) => configure(s3, store.bucket, { wanted, resource }, signal));
}
