import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/lib/clock.ts';
import { authenticate } from './authenticate.ts';
import { mayDo } from './permissions.ts';
import { Refusal } from './refusal.ts';
import { NAMESPACE, type S3Call, tag, xml } from './s3-answer.ts';
import { handleBucket } from './s3-buckets.ts';
import { handleObject } from './s3-objects.ts';
import type { Parts } from './serve-admin.ts';
import type { State } from './state.ts';

/** How old the usage may be that writes are admitted by. */
const USAGE_CACHE_MS = 10_000;

/** @throws Refusal when the quota of the bucket does not admit so many bytes more */
export type Admission = (bucket: string, bytes: number) => void;

export async function serveS3(
  { state, store, plane, clock }: Parts,
  admission: Admission,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const caller = authenticate(request, url, state, clock.now());
  const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const call: S3Call = {
    request,
    response,
    query: url.searchParams,
    bucket,
    key,
    store,
    now: clock.now(),
    caller,
    allow: (action, of = key) => {
      const resource = `arn:aws:s3:::${bucket}${of === '' ? '' : `/${of}`}`;
      if (caller === undefined || !mayDo(state, caller, action, resource)) throw new Refusal('AccessDenied');
    },
    admit: (bytes) => admission(bucket, bytes),
  };
  if (plane !== undefined) {
    if (bucket === '' && caller === undefined) throw new Refusal('AccessDenied');
    return plane.serve({ ...call, url });
  }
  if (bucket === '') return listBuckets(call);
  await (key === '' ? handleBucket(call) : handleObject(call));
}

/** The rule of a server: only hard quotas, by a count that lags behind, and what reaches the limit never fits. */
export function createAdmission(state: State, clock: Clock): Admission {
  let cached: { readonly atMs: number; readonly usage: State['usage'] } | undefined;
  return (bucket, bytes) => {
    const quota = state.quotas.get(bucket);
    const limit = quota?.type === 'hard' ? quota.size || quota.quota : 0n;
    if (limit === 0n) return;
    const nowMs = clock.monotonicMs();
    if (cached === undefined || nowMs - cached.atMs >= USAGE_CACHE_MS) cached = { atMs: nowMs, usage: state.usage };
    const used = cached.usage?.buckets.get(bucket)?.size;
    const size = BigInt(bytes);
    if (size >= limit || (used !== undefined && used + size >= limit)) {
      throw new Refusal('XMinioAdminBucketQuotaExceeded');
    }
  };
}

function listBuckets({ response, caller, store }: S3Call): void {
  if (caller === undefined) throw new Refusal('AccessDenied');
  const all = [...store.buckets.values()].map(
    ({ name, created }) => `<Bucket>${tag('Name', name)}${tag('CreationDate', created.toISOString())}</Bucket>`,
  );
  xml(response, `<ListAllMyBucketsResult ${NAMESPACE}><Buckets>${all.join('')}</Buckets></ListAllMyBucketsResult>`);
}
