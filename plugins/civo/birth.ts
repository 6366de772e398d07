import type { Deps } from './deps.ts';
import type { Store } from './model.ts';

const MINUTE_MS = 60_000;

/** Whether the creation for a resource takes longer than it may. Unknown without a record of when it began. */
export async function isOverdue({ records, clock, settings }: Deps, resource: string): Promise<boolean> {
  const record = await records.get(resource);
  if (record === undefined || record.readyAfterMs !== undefined) return false;
  return clock.now().getTime() - record.createdAt.getTime() > settings.create_timeout * MINUTE_MS;
}

/** Whether a store that failed has never been in use: by our record, or because it provably holds nothing. */
export async function isUnborn(
  { records, client, log }: Deps,
  store: Store,
  resource: string,
  signal: AbortSignal,
): Promise<boolean> {
  const record = await records.get(resource);
  if (record?.store === store.id) return record.readyAfterMs === undefined;
  try {
    const stats = await client.stats(store.id, signal);
    return stats?.usedKb === 0n && stats.objects === 0n;
  } catch (err) {
    signal.throwIfAborted();
    log.warn({ err, store: store.name }, 'what a store that failed holds could not be read');
    return false;
  }
}

/** Keeps how long the creation took, once. */
export async function noteReady({ records, clock, log }: Deps, store: Store, resource: string): Promise<void> {
  const record = await records.get(resource);
  if (record === undefined || record.readyAfterMs !== undefined || record.store !== store.id) return;
  const readyAfterMs = clock.now().getTime() - record.createdAt.getTime();
  await records.put(resource, { ...record, readyAfterMs });
  log.info({ store: store.name, resource, ms: readyAfterMs }, 'the store is ready');
}
