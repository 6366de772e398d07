import { attemptCheck, type Finding } from '../../src/plugin/attempt-check.ts';
import type { Check } from '../../src/plugin/contract.ts';
import { type Deps, withS3 } from './deps.ts';
import { bytesIn } from './kilobytes.ts';
import { NOW_MS } from './locate.ts';
import type { Stats, Store } from './model.ts';
import { readStamp } from './stamp.ts';

/** The token, the region, what the account may still use, the stores, and how Civo counts; changes nothing. */
export async function check(deps: Deps, signal: AbortSignal): Promise<readonly Check[]> {
  const region = await attemptCheck('region', signal, () => checkRegion(deps, signal));
  if (region.status === 'failed') return [region];
  return [
    region,
    await attemptCheck('quota', signal, () => checkQuota(deps, signal)),
    await attemptCheck('stores', signal, () => checkStores(deps, signal)),
    await attemptCheck('statistics', signal, () => checkStatistics(deps, signal)),
    ...(await checkGhosts(deps)),
  ];
}

async function checkRegion({ client, settings }: Deps, signal: AbortSignal): Promise<Finding> {
  const regions = await client.regions(signal);
  const usable = regions.filter(({ objectStore }) => objectStore);
  const shown = usable.map(({ code, outOfCapacity }) => (outOfCapacity ? `${code} (full)` : code)).join(', ');
  const region = regions.find(({ code }) => code === settings.region);
  const detail = `${settings.api_url}, region ${settings.region}; object stores in ${shown}`;
  if (region?.objectStore !== true) return { status: 'failed', detail, hint: `Set region to one of ${shown}.` };
  if (!region.outOfCapacity) return { status: 'ok', detail };
  return { status: 'warning', detail, hint: 'New stores must wait until the region has room.' };
}

async function checkQuota({ client }: Deps, signal: AbortSignal): Promise<Finding> {
  const quota = await client.quota(signal);
  if (quota === undefined) return { status: 'warning', detail: 'Civo does not say what the account may use' };
  const { limitGb, usedGb } = quota;
  const detail = `${usedGb} of ${limitGb} GB`;
  if (usedGb + 500 <= limitGb) return { status: 'ok', detail };
  return { status: 'warning', detail, hint: 'No further store fits: contact Civo to raise the quota.' };
}

async function checkStores({ inventory }: Deps, signal: AbortSignal): Promise<Finding> {
  const { stores, credentials } = await inventory.read(NOW_MS, signal);
  const ours = [...stores.values()].filter(
    ({ credentialId }) => readStamp(credentials.get(credentialId)?.name ?? '') !== undefined,
  );
  const failed = ours.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const detail = `${ours.length} of ours, ${stores.size - ours.length} others`;
  if (failed.length === 0) return { status: 'ok', detail };
  return { status: 'warning', detail: `${detail}; failed: ${failed.slice(0, 10).join(', ')}`, hint: 'Contact Civo.' };
}

/** Pages of a listing that are worth counting. */
const MOST_PAGES = 5;

/** Civo does not say how many bytes its KB has: what S3 lists in a small store tells. */
async function checkStatistics(deps: Deps, signal: AbortSignal): Promise<Finding> {
  const { settings } = deps;
  const counted = `a KB of the statistics counts as ${settings.kb_bytes} bytes`;
  const smallest = await smallestStore(deps, signal);
  if (smallest === undefined) return { status: 'ok', detail: `${counted}; no store holds enough to compare` };
  const { store, stats } = smallest;
  const listed = await listedBytes(deps, store, signal);
  if (listed === undefined) return { status: 'ok', detail: `${counted}; ${store.name} is too large to compare` };
  const said = bytesIn(settings, stats);
  const difference = Number(said - listed) / Number(listed);
  const detail = `${counted}; store ${store.name}: ${said} bytes by statistics, ${listed} by listing`;
  if (Math.abs(difference) < 0.01) return { status: 'ok', detail };
  return {
    status: 'warning',
    detail,
    hint: 'Compare again when nothing is written; then set kb_bytes to the other value.',
  };
}

/** Below it rounding to whole KB hides the difference. */
const ENOUGH_KB = 1000n;
const MOST_ASKED = 10;

async function smallestStore(
  { client, inventory }: Deps,
  signal: AbortSignal,
): Promise<{ store: Store; stats: Stats } | undefined> {
  const { stores } = await inventory.read(NOW_MS, signal);
  let smallest: { store: Store; stats: Stats } | undefined;
  for (const store of [...stores.values()].filter(({ status }) => status === 'ready').slice(0, MOST_ASKED)) {
    const stats = await client.stats(store.id, signal);
    if (stats === undefined || stats.usedKb < ENOUGH_KB) continue;
    if (smallest === undefined || stats.objects < smallest.stats.objects) smallest = { store, stats };
  }
  return smallest;
}

/** Undefined when it has too many objects, or nothing can log in to it. */
async function listedBytes(deps: Deps, store: Store, signal: AbortSignal): Promise<bigint | undefined> {
  const { credentials } = await deps.inventory.read(NOW_MS, signal);
  const credential = credentials.get(store.credentialId);
  if (credential === undefined) return undefined;
  return withS3(deps, store, credential, async ({ objects }) => {
    let bytes = 0n;
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const listed = await objects.list(store.bucket, token === undefined ? {} : { token }, signal);
      for (const { size } of listed.objects) bytes += size;
      token = listed.next;
      if (token === undefined) return bytes === 0n ? undefined : bytes;
    }
    return undefined;
  });
}

async function checkGhosts({ records }: Deps): Promise<readonly Check[]> {
  const ghosts = await records.ghosts();
  if (ghosts.length === 0) return [];
  const names = ghosts.slice(0, 10).map(({ name, since }) => `${name} (${since.toISOString().slice(0, 10)})`);
  const detail = `names taken by stores that Civo does not show: ${names.join(', ')}`;
  return [
    { name: 'ghosts', status: 'warning', detail, hint: 'Ask Civo to remove them, so that the names are free again.' },
  ];
}
