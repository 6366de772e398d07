import type { JsonObject } from '../../src/lib/json.ts';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import { attributesOf } from './attributes.ts';
import { policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { limitOf } from './limits.ts';
import { lookAt } from './look.ts';
import type { BucketUsage } from './madmin/usage.ts';
import { isWritable, stampOf } from './policy.ts';
import { publicEndpointOf, type Settings } from './settings.ts';
import type { Sighting } from './sighting.ts';

/** The accounts asked for, or all users with a policy of ours. */
export async function* observe(
  deps: Deps,
  accounts: readonly string[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Observed> {
  for await (const [account, sighting] of lookAt(deps, accounts, signal)) {
    if (sighting === undefined) yield { state: 'absent', account };
    else if (accounts !== 'all' || stampOf(sighting.policy) !== undefined) yield describe(deps, sighting);
  }
}

/** Users without a policy of ours. */
export async function* unstamped(deps: Deps, signal: AbortSignal): AsyncGenerator<string> {
  const { admin } = deps.client;
  const [users, policies] = [await admin.users(signal), await admin.policies(signal)];
  for (const account of users.keys()) {
    if (stampOf(policies.get(policyName(account))) === undefined) yield account;
  }
}

function describe({ settings, clock }: Deps, sighting: Sighting): Found {
  const { account, user, policy, buckets, keys } = sighting;
  const total = totalOf(sighting);
  const now = clock.now();
  return {
    state: 'found',
    account,
    resource: stampOf(policy),
    suspended: !user.enabled,
    quota: { bytes: limitOf(buckets, settings), objects: null },
    attributes: attributesOf(buckets),
    keys: keys.map(({ id, enabled, expires }) => ({ id, works: enabled && (expires === undefined || expires > now) })),
    ...(total && { holds: { bytes: total.bytes, objects: total.objects } }),
    metadata: metadata(settings, sighting, total),
    ...(total && { gauges: { over_limit_bytes: Number(overageOf(settings, sighting)) } }),
    endpoints: [{ name: 'S3', url: publicEndpointOf(settings) }],
  };
}

/** What all buckets hold; undefined while one of them was not counted. */
export function totalOf({ buckets, scannedAt }: Sighting): BucketUsage | undefined {
  if (scannedAt === undefined) return undefined;
  const total = { bytes: 0n, objects: 0n, versions: 0n, deleteMarkers: 0n };
  for (const { usage } of buckets) {
    if (usage === undefined) return undefined;
    total.bytes += usage.bytes;
    total.objects += usage.objects;
    total.versions += usage.versions;
    total.deleteMarkers += usage.deleteMarkers;
  }
  return total;
}

/** How far an account is over its limit; 0 while that is not known. */
export function overageOf(settings: Settings, sighting: Sighting): bigint {
  const limit = limitOf(sighting.buckets, settings);
  const total = totalOf(sighting);
  return limit === null || total === undefined || total.bytes <= limit ? 0n : total.bytes - limit;
}

/** To the hour: what changed every minute would be written to Waldur every time. */
function hourOf(time: Date): string {
  return `${time.toISOString().slice(0, 13)}:00:00.000Z`;
}

/** Flat keys first. The limit is said to be what it is: checked against a count that is a minute or more behind. */
function metadata(settings: Settings, sighting: Sighting, total: BucketUsage | undefined): JsonObject {
  const { account, user, policy, buckets, scannedAt } = sighting;
  const limit = limitOf(buckets, settings);
  return {
    s3_endpoint: publicEndpointOf(settings),
    s3_region: settings.region,
    s3_user: account,
    s3_bucket: buckets[0]?.name ?? '',
    quota_enforcement: 'best-effort',
    quota_bytes: limit === null ? null : Number(limit),
    overage_bytes: Number(overageOf(settings, sighting)),
    usage_scanned_at: scannedAt === undefined ? null : hourOf(scannedAt),
    writable: isWritable(policy),
    buckets: buckets.map(({ name }) => name),
    usage:
      total === undefined
        ? null
        : {
            size_bytes: Number(total.bytes),
            objects: Number(total.objects),
            versions: Number(total.versions),
            delete_markers: Number(total.deleteMarkers),
          },
    backend_info: { backend_type: 'minio', policy: policyName(account), status: user.enabled ? 'enabled' : 'disabled' },
  };
}
