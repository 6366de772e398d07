import type { Json } from '../../../src/lib/json.ts';
import { reordered } from './admin-policies.ts';
import { type AdminCall, type AdminRoute, DONE, NEVER } from './admin-route.ts';
import { mayDo, policiesOf, statementsOf } from './permissions.ts';
import { Refusal } from './refusal.ts';
import type { Quota } from './state.ts';

export const BUCKET_ROUTES: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: 'get-bucket-quota',
    needs: ['bucket'],
    action: 'admin:GetBucketQuota',
    handle: async (call) => ({ json: quotaJson(call.state.quotas.get(await requireBucket(call))) }),
  },
  {
    method: 'PUT',
    path: 'set-bucket-quota',
    needs: ['bucket'],
    action: 'admin:SetBucketQuota',
    handle: async (call) => {
      const bucket = await requireBucket(call);
      call.state.quotas.set(bucket, readQuota(call.body.toString()));
      return DONE;
    },
  },
  { method: 'GET', path: 'datausageinfo', action: 'admin:DataUsageInfo', handle: dataUsage },
  { method: 'GET', path: 'accountinfo', handle: accountInfo },
  {
    method: 'GET',
    path: 'info',
    action: 'admin:ServerInfo',
    handle: async ({ state, buckets }) => ({
      json: {
        mode: 'online',
        deploymentID: 'emulator',
        buckets: { count: (await buckets()).length },
        objects: { count: 0 },
        usage: { size: 0 },
        services: {},
        backend: { backendType: 'Erasure', onlineDisks: 1, offlineDisks: 0 },
        servers: [{ state: 'online', endpoint: 'emulator', version: '2025-10-15T17:29:55Z', edition: '' }],
        users: state.users.size,
      },
    }),
  },
];

async function requireBucket({ query, bucketExists }: AdminCall): Promise<string> {
  const bucket = query('bucket');
  if (!(await bucketExists(bucket))) throw new Refusal('NoSuchBucket');
  return bucket;
}

/** What cannot be parsed is answered in XML, with status 500. */
function readQuota(text: string): Quota {
  const refuse = (cause: string): Refusal =>
    new Refusal('InternalError', `We encountered an internal error, please try again.: cause(${cause})`, { xml: true });
  let given: Record<string, unknown>;
  try {
    // Digits beyond 2^53 stay digits.
    given = JSON.parse(text.replace(/([:,]\s*)(-?\d+)/g, '$1{"number":"$2"}')) as Record<string, unknown>;
  } catch {
    throw refuse('invalid JSON');
  }
  const numberOf = (name: string): bigint => {
    const value = given[name];
    if (value === undefined) return 0n;
    const digits = typeof value === 'object' && value !== null && 'number' in value ? String(value.number) : '';
    if (!/^\d+$/.test(digits)) throw refuse('json: cannot unmarshal');
    return BigInt(digits);
  };
  const [quota, size, rate, requests] = ['quota', 'size', 'rate', 'requests'].map(numberOf) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const type = typeof given['quotatype'] === 'string' ? given['quotatype'] : '';
  if (!['', 'hard', 'soft'].includes(type)) throw refuse(`invalid quota type '${type}'`);
  if (quota > 0n && type !== 'hard') throw refuse('Invalid quota config');
  return { quota, size, rate, requests, type };
}

function quotaJson(quota: Quota = { quota: 0n, size: 0n, rate: 0n, requests: 0n, type: '' }): Json {
  const { quota: limit, size, rate, requests, type } = quota;
  const numbers = { quota: limit, size, rate, requests } as unknown as Record<string, Json>;
  return { ...numbers, ...(type !== '' && { quotatype: type }) };
}

function dataUsage({ state }: AdminCall): { json: Json } {
  const { usage } = state;
  const counts = [...(usage?.buckets ?? [])];
  const sum = (of: 'size' | 'objects' | 'versions' | 'deleteMarkers'): Json =>
    Number(counts.reduce((total, [, count]) => total + count[of], 0n));
  return {
    json: {
      lastUpdate: usage?.scannedAt.toISOString() ?? NEVER,
      objectsCount: sum('objects'),
      versionsCount: sum('versions'),
      deleteMarkersCount: sum('deleteMarkers'),
      objectsTotalSize: sum('size'),
      objectsReplicationInfo: null,
      bucketsCount: counts.length,
      bucketsUsageInfo: Object.fromEntries(
        counts.map(([bucket, count]) => [
          bucket,
          {
            size: Number(count.size),
            objectsCount: Number(count.objects),
            versionsCount: Number(count.versions),
            deleteMarkersCount: Number(count.deleteMarkers),
          },
        ]),
      ),
      bucketsSizes: Object.fromEntries(counts.map(([bucket, { size }]) => [bucket, Number(size)])),
    },
  };
}

async function accountInfo(call: AdminCall): Promise<{ json: Json }> {
  const { state, caller, buckets } = call;
  const isRoot = caller.parent === state.root.accessKey;
  const documents = isRoot ? [state.policies.get('consoleAdmin')?.document ?? {}] : policiesOf(state, caller.parent);
  const statements = documents.flatMap((document) => statementsOf(reordered(document)));
  const shown = (await buckets()).flatMap((bucket) => {
    const read = mayDo(state, caller, 's3:ListBucket', `arn:aws:s3:::${bucket.name}`);
    const write = mayDo(state, caller, 's3:PutObject', `arn:aws:s3:::${bucket.name}/*`);
    if (!read && !write) return [];
    const count = state.usage?.buckets.get(bucket.name);
    const quota = state.quotas.get(bucket.name);
    const details = {
      versioning: bucket.versioning,
      versioningSuspended: bucket.suspended,
      locking: bucket.locking,
      replication: false,
      tags: bucket.tags,
      quota: quotaJson(quota),
    };
    return [
      {
        name: bucket.name,
        size: Number(count?.size ?? 0n),
        objects: Number(count?.objects ?? 0n),
        objectHistogram: {},
        objectsVersionsHistogram: {},
        details,
        prefixUsage: null,
        created: bucket.created.toISOString(),
        access: { read, write },
      },
    ];
  });
  const policy = { Version: statements.length === 0 ? '' : '2012-10-17', Statement: statements };
  return {
    json: { AccountName: caller.parent, Server: {}, Policy: policy, Buckets: shown.length === 0 ? null : shown },
  };
}
