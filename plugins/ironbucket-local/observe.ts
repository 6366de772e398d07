import type { JsonObject } from '../../src/lib/json.ts';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import type { Deps } from './deps.ts';
import { damaged } from './errors.ts';
import { isBucketName } from './layout.ts';
import { look, type Sight } from './look.ts';
import type { QuotaRecord } from './quota/quota-file.ts';
import { endpointOf, type Settings } from './settings.ts';
import { type Counts, fieldOf, monthOf, OPERATIONS } from './statistics/statistics-file.ts';

/** All accounts with a stamp, or those asked for. One that cannot be read is left out: that proves nothing. */
export async function* observe(
  deps: Deps,
  accounts: readonly string[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  // One failure of the whole storage, not one of every account.
  await deps.accounts.requireStorage();
  for await (const account of accounts === 'all' ? deps.disk.names(deps.layout.root) : accounts) {
    signal.throwIfAborted();
    if (accounts === 'all' && !isBucketName(account)) continue;
    const observed = await observeOne(deps, account, signal);
    const stamped = observed?.state === 'found' && observed.resource !== undefined;
    if (observed !== undefined && (stamped || accounts !== 'all')) yield observed;
  }
}

/** Buckets without a stamp and without a record. One whose stamp cannot be read may have an owner: it is left out. */
export async function* unstamped(deps: Deps, signal: AbortSignal): AsyncGenerator<string> {
  await deps.accounts.requireStorage();
  for await (const account of deps.disk.names(deps.layout.root)) {
    signal.throwIfAborted();
    if (!isBucketName(account)) continue;
    try {
      const { kind, owner, record } = await look(deps, account);
      if (kind === 'directory' && owner === undefined && record === undefined) yield account;
    } catch (err) {
      deps.log.warn({ err, account }, 'the account could not be read');
    }
  }
}

async function observeOne(deps: Deps, account: string, signal: AbortSignal): Promise<Observed | undefined> {
  try {
    const sight = await look(deps, account);
    if (sight.kind === undefined) return { state: 'absent', account };
    if (sight.kind === 'other') throw damaged(deps.layout.bucket(account), 'it is not a directory');
    const quota = await deps.quotas.read(account);
    const month = monthOf(deps.clock.now());
    const counts = await deps.statistics.read(account, month, signal);
    return found(deps.settings, account, sight, { quota, month, counts });
  } catch (err) {
    if (signal.aborted) throw signal.reason;
    deps.log.warn({ err, account }, 'the account could not be read');
    return undefined;
  }
}

/** What is counted in a bucket. */
interface Numbers {
  readonly quota: QuotaRecord | undefined;
  readonly month: string;
  readonly counts: Counts;
}

function found(settings: Settings, account: string, { owner, record }: Sight, numbers: Numbers): Found {
  const { quota } = numbers;
  const bytes = quota === undefined ? BigInt(settings.bucket_quota_bytes) : quota.maxBytes;
  return {
    state: 'found',
    account,
    resource: owner,
    suspended: record?.suspended ?? false,
    quota: { bytes, objects: null },
    keys: record?.keys.map(({ accessKey }) => ({ id: accessKey, works: true })) ?? [],
    ...(quota && { holds: { bytes: quota.usedBytes, objects: quota.objects } }),
    metadata: metadata(settings, account, bytes, numbers),
    endpoints: [{ name: 'S3', url: endpointOf(settings) }],
  };
}

/**
 * Flat keys first: getting-started texts in Waldur reach one level deep. The names of the nested ones are those that
 * marketplace forms of existing sites read, with -1 for "no limit" as the gateways they were made for have it.
 */
function metadata(
  settings: Settings,
  account: string,
  bytes: bigint | null,
  { quota, month, counts }: Numbers,
): JsonObject {
  const limit = { enabled: bytes !== null, maxSize: bytes === null ? -1 : Number(bytes), maxObjects: -1 };
  return {
    s3_endpoint: endpointOf(settings),
    s3_region: settings.s3_region,
    s3_user: account,
    s3_bucket: account,
    ...(quota && { storage_summary: summary(account, quota) }),
    ...(OPERATIONS.some((operation) => counts[operation] > 0n) && { statistics: statistics(month, counts) }),
    quotas: { user_quota: limit, bucket_quota: limit },
  };
}

function summary(account: string, { usedBytes, objects }: QuotaRecord): JsonObject {
  const [bytes, count] = [Number(usedBytes), Number(objects)];
  return {
    bucket_count: 1,
    total_size_bytes: bytes,
    total_objects: count,
    buckets: [{ name: account, size_bytes: bytes, objects: count }],
  };
}

/** Of the current month, once there are any. */
function statistics(month: string, counts: Counts): JsonObject {
  const fields = OPERATIONS.map((operation) => [fieldOf(operation), Number(counts[operation])]);
  return { month, ...Object.fromEntries(fields) };
}
