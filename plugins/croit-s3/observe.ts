import { isAgentError } from '../../src/lib/errors.ts';
import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import type { Bucket, User } from './client.ts';
import type { Deps } from './deps.ts';
import { agreed, type ScopeQuota } from './quota.ts';
import { isSegment, segment } from './segment.ts';
import { endpointOf, type Settings } from './settings.ts';
import { readStamp } from './stamp.ts';

/** All users with our stamp, or those asked for, of one listing. One that cannot be read is left out: that proves nothing. */
export async function* observe(
  deps: Deps,
  accounts: readonly string[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  const found = new Map<string, User>();
  for await (const { account, user } of deps.client.users(accounts === 'all' ? 'all' : usable(accounts), signal)) {
    if (user === undefined) yield { state: 'absent', account };
    else if (accounts !== 'all' || readStamp(account, user.email) !== undefined) found.set(account, user);
  }
  yield* forAccounts(found.keys(), deps.log, signal, async (account) => {
    const user = found.get(account);
    return user && describe(deps, user, signal);
  });
}

/** Users without a stamp, or with the stamp of another account. */
export async function* unstamped(deps: Deps, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { account, user } of deps.client.users('all', signal)) {
    if (user !== undefined && readStamp(account, user.email) === undefined) yield account;
  }
}

/** One bad name must not hide the others. */
function usable(accounts: readonly string[]): readonly string[] {
  const names = accounts.filter(isSegment);
  const [first] = accounts;
  if (names.length === 0 && first !== undefined) segment('a user name', first);
  return names;
}

async function describe(deps: Deps, user: User, signal: AbortSignal): Promise<Found> {
  const { account } = user;
  const keys = user.keys ?? (await deps.client.keys(account, signal));
  const buckets = await readBuckets(deps, account, signal);
  return {
    state: 'found',
    account,
    resource: readStamp(account, user.email),
    suspended: user.suspended,
    quota: agreed(user.quotas),
    keys: keys.map(({ accessKey }) => ({ id: accessKey, works: true })),
    ...(buckets && { holds: totalOf(buckets) }),
    metadata: metadata(deps.settings, user, buckets),
    endpoints: [{ name: 'S3', url: endpointOf(deps.settings) }],
  };
}

/** Undefined when they cannot be read: what Waldur was told last about them stays then, and the account is usable. */
async function readBuckets(
  { client, log }: Deps,
  account: string,
  signal: AbortSignal,
): Promise<readonly Bucket[] | undefined> {
  try {
    return await client.buckets(account, signal);
  } catch (err) {
    signal.throwIfAborted();
    if (isAgentError(err) && err.disposition === 'operator') throw err;
    log.warn({ err, account }, 'the buckets of the account could not be read');
    return undefined;
  }
}

/** What is stored in all the buckets together. */
export function totalOf(buckets: readonly Bucket[]): { readonly bytes: bigint; readonly objects: bigint } {
  let [bytes, objects] = [0n, 0n];
  for (const bucket of buckets) {
    bytes += bucket.bytes;
    objects += bucket.objects;
  }
  return { bytes, objects };
}

/** Flat keys first: getting-started texts in Waldur reach one level deep. The names of the nested ones are croit's. */
function metadata(settings: Settings, user: User, buckets: readonly Bucket[] | undefined): JsonObject {
  const { api_url: apiUrl, flavour } = settings;
  return {
    s3_endpoint: endpointOf(settings),
    s3_region: settings.s3_region,
    s3_user: user.account,
    user_info: {
      uid: user.account,
      name: user.name,
      email: user.email,
      suspended: user.suspended,
      default_placement: user.placement,
      default_storage_class: user.storageClass,
      ...(user.maxBuckets !== undefined && { max_buckets: user.maxBuckets }),
    },
    ...(buckets && { storage_summary: summary(buckets), quota_utilisation: utilisation(user, buckets) }),
    quotas: { user_quota: shown(user.quotas.user), bucket_quota: shown(user.quotas.bucket) },
    backend_info: { backend_type: 'croit_s3', flavour, ...(apiUrl !== undefined && { api_url: apiUrl }) },
  };
}

/** Waldur sends the metadata of a hundred resources in one page. */
const MOST_BUCKETS = 100;

/** Totals of all buckets, and the largest of them. */
function summary(buckets: readonly Bucket[]): JsonObject {
  const { bytes, objects } = totalOf(buckets);
  const isTruncated = buckets.length > MOST_BUCKETS;
  return {
    bucket_count: buckets.length,
    total_size_bytes: Number(bytes),
    total_objects: Number(objects),
    ...(isTruncated && { truncated: true }),
    buckets: (isTruncated ? largest(buckets) : buckets).map((bucket) => ({
      name: bucket.name,
      size_bytes: Number(bucket.bytes),
      objects: Number(bucket.objects),
    })),
  };
}

function largest(buckets: readonly Bucket[]): readonly Bucket[] {
  const bySize = [...buckets].sort((a, b) => Number(b.bytes - a.bytes) || (a.name < b.name ? -1 : 1));
  return bySize.slice(0, MOST_BUCKETS);
}

/** Clients are told that a quota is exceeded and not which one; per cent of the total that was ordered, where it was. */
function utilisation({ quotas }: User, buckets: readonly Bucket[]): JsonObject {
  const { bytes, objects } = totalOf(buckets);
  const limit = agreed(quotas);
  return {
    ...(limit.bytes !== null && { storage_percent: percent(bytes, limit.bytes) }),
    ...(limit.objects !== null && { objects_percent: percent(objects, limit.objects) }),
  };
}

function percent(used: bigint, limit: bigint): number {
  if (limit === 0n) return 100;
  return Number((used * 1000n) / limit) / 10;
}

function shown({ enabled, maxSize, maxObjects }: ScopeQuota): JsonObject {
  return { enabled, maxSize: Number(maxSize), maxObjects: Number(maxObjects) };
}
