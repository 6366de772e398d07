import type { Action, Applied } from '../../src/plugin/contract.ts';
import { emptyBucket } from '../../src/s3/index.ts';
import { type Deps, withS3 } from './deps.ts';
import { elsewhere, notEmpty, notReady } from './failures.ts';
import { bytesIn } from './kilobytes.ts';
import { locate, NOW_MS, requireOurs } from './locate.ts';
import type { Credential, Store } from './model.ts';
import { remove } from './remove.ts';
import { readStamp } from './stamp.ts';

type Delete = Extract<Action, { kind: 'delete-account' }>;

/** Removes a store of ours and its credential; one that holds data only when told to purge it. Absent is done. */
export async function terminate(deps: Deps, action: Delete, signal: AbortSignal): Promise<Applied> {
  const { account, resource, purge } = action;
  const { inventory, records, settings } = deps;
  const located = await locate(deps, await inventory.read(NOW_MS, signal), action, signal);
  if (located === 'elsewhere') throw elsewhere(account, settings.region);
  const { store } = located;
  if (store === undefined) {
    // A credential without a store is left over by an order that ended half-way.
    const own = readStamp(located.credential?.name ?? '') === resource ? located.credential : undefined;
    const changed = await remove(deps, { store, credential: own }, signal);
    await records.delete(resource);
    return { changed };
  }
  const credential = requireOurs(account, resource, located.credential);
  if (store.status === 'pending') throw notReady(store);
  if (store.status === 'ready') await (purge ? empty : refuseData)(deps, store, credential, signal);
  await remove(deps, { store, credential }, signal);
  await records.delete(resource);
  return { changed: true };
}

/** Both that count are asked: the statistics, which may lag, and S3, which sees old versions and unfinished uploads. */
async function refuseData(deps: Deps, store: Store, credential: Credential, signal: AbortSignal): Promise<void> {
  const stats = await deps.client.stats(store.id, signal);
  if (stats === undefined) return;
  const bytes = bytesIn(deps.settings, stats);
  if (stats.objects > 0n || bytes > 0n) throw notEmpty(store.name, stats.objects, bytes);
  const count = await withS3(deps, store, credential, async ({ objects }) => {
    const versions = await objects.versions(store.bucket, signal);
    return versions.length > 0 ? versions.length : (await objects.uploads(store.bucket, signal)).length;
  });
  if (count > 0) throw notEmpty(store.name, BigInt(count), bytes);
}

async function empty(deps: Deps, store: Store, credential: Credential, signal: AbortSignal): Promise<void> {
  await withS3(deps, store, credential, (s3) => emptyBucket(s3, store.bucket, signal));
  deps.log.info({ store: store.name }, 'the store was emptied');
}
