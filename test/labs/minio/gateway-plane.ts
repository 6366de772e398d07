import { once } from 'node:events';
import { request as forward, type IncomingMessage } from 'node:http';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import { createS3 } from '../../../src/s3/index.ts';
import { canonicalQuery, type KeyPair, sign } from '../../../src/s3/sigv4.ts';
import type { Plane, PlaneCall } from './plane.ts';
import { Refusal } from './refusal.ts';
import { readText, texts } from './s3-answer.ts';
import type { Count } from './state.ts';

interface GatewayPlaneOptions {
  /** URL of a RADOS Gateway, and of a user there who owns all buckets. */
  readonly endpoint: string;
  readonly keys: KeyPair;
}

const REGION = 'default';
const never = new AbortController().signal;

/**
 * Buckets, objects, versions, uploads, tags and lifecycle rules in a real RADOS Gateway. Users, policies and quotas stay the
 * emulator's: it has verified the signature and asks the policies; the gateway sees one user.
 */
export function createGatewayPlane({ endpoint, keys }: GatewayPlaneOptions): Plane & { close(): void } {
  const { host, hostname, port } = new URL(endpoint);
  const s3 = createS3({
    connect: (options) => createHttp(options, { clock: systemClock }),
    endpoint,
    region: REGION,
    keys,
    now: () => new Date(),
  });

  async function versions(bucket: string): Promise<string> {
    // The buckets of a lab hold less than a page.
    const path = `/${bucket}?versions=`;
    const headers = sign({ method: 'GET', host, path, body: '', keys, region: REGION, now: new Date() });
    return (await fetch(endpoint + path, { headers })).text();
  }

  return {
    serve: async (call) => {
      const { request, response, url, bucket, key } = call;
      const { method = 'GET' } = request;
      const query = [...url.searchParams].filter(([name]) => !/^x-amz-/i.test(name));
      const body = isMultiDelete(call) ? await readText(request) : undefined;
      if (body === undefined) allow(call);
      else for (const item of texts(body, 'Object')) call.allow('s3:DeleteObject', texts(item, 'Key')[0] ?? '');
      if (method === 'PUT') call.admit(Number(request.headers['content-length'] ?? 0));
      // The gateway answers 200 to who makes a bucket twice.
      if (method === 'PUT' && key === '' && query.length === 0 && (await s3.buckets.exists(bucket, never))) {
        throw new Refusal('BucketAlreadyOwnedByYou');
      }
      const search = canonicalQuery(query);
      const path = `${(request.url ?? '/').split('?')[0]}${search === '' ? '' : `?${search}`}`;
      const signed = sign({ method, host, path, body, keys, region: REGION, now: new Date() });
      const headers = { ...passed(request), ...signed, host };
      const outgoing = forward({ hostname, port, method, path, headers });
      if (body === undefined) request.pipe(outgoing);
      else outgoing.end(body);
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
    exists: (bucket) => s3.buckets.exists(bucket, never),
    details: async () => {
      const names = await s3.buckets.list(never);
      return Promise.all(
        names.map(async (name) => {
          const tags = await s3.documents.tags(name, never);
          const status = await s3.documents.versioning(name, never);
          return {
            name,
            created: new Date(0),
            tags: Object.keys(tags).length === 0 ? null : tags,
            versioning: status === 'Enabled',
            suspended: status === 'Suspended',
            locking: status === 'Enabled' && (await s3.documents.objectLock(name, never)),
          };
        }),
      );
    },
    count: async () => {
      const names = await s3.buckets.list(never);
      return new Map(await Promise.all(names.map(async (name) => [name, countIn(await versions(name))] as const)));
    },
    close: () => s3.close(),
  };
}

function countIn(listing: string): Count {
  const [all, markers] = [texts(listing, 'Version'), texts(listing, 'DeleteMarker')];
  const keys = new Set([...all, ...markers].map((item) => texts(item, 'Key')[0]));
  const size = all.reduce((sum, item) => sum + BigInt(texts(item, 'Size')[0] ?? 0), 0n);
  return {
    size,
    objects: BigInt(keys.size),
    versions: BigInt(all.length),
    deleteMarkers: BigInt(markers.length),
  };
}

function isMultiDelete({ request: { method }, url, key }: PlaneCall): boolean {
  return method === 'POST' && key === '' && url.searchParams.has('delete');
}

/** What a policy must allow, by method and sub-resource. */
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  'PUT ': 's3:CreateBucket',
  'DELETE ': 's3:DeleteBucket',
  'GET versions': 's3:ListBucketVersions',
  'GET uploads': 's3:ListBucketMultipartUploads',
  'GET location': 's3:GetBucketLocation',
  'GET tagging': 's3:GetBucketTagging',
  'PUT tagging': 's3:PutBucketTagging',
  'DELETE tagging': 's3:PutBucketTagging',
  'GET versioning': 's3:GetBucketVersioning',
  'PUT versioning': 's3:PutBucketVersioning',
  'GET object-lock': 's3:GetBucketObjectLockConfiguration',
  'GET lifecycle': 's3:GetLifecycleConfiguration',
  'PUT lifecycle': 's3:PutLifecycleConfiguration',
  'DELETE lifecycle': 's3:PutLifecycleConfiguration',
  'DELETE policy': 's3:DeleteBucketPolicy',
};
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  'DELETE uploadId': 's3:AbortMultipartUpload',
  'GET uploadId': 's3:ListMultipartUploadParts',
  'DELETE ': 's3:DeleteObject',
  'PUT ': 's3:PutObject',
  'PUT uploadId': 's3:PutObject',
  'POST uploads': 's3:PutObject',
  'POST uploadId': 's3:PutObject',
};
const SUB_RESOURCES = [
  ...new Set(Object.keys({ ...BUCKET_ACTIONS, ...OBJECT_ACTIONS }).map((name) => name.split(' ')[1])),
];

function allow({ request: { method }, url, key, bucket, allow: ask }: PlaneCall): void {
  if (bucket === '') return;
  const sub = SUB_RESOURCES.find((name) => name !== '' && url.searchParams.has(name ?? '')) ?? '';
  const [actions, otherwise] =
    key === '' ? ([BUCKET_ACTIONS, 's3:ListBucket'] as const) : ([OBJECT_ACTIONS, 's3:GetObject'] as const);
  ask(actions[`${method} ${sub}`] ?? otherwise);
}

/** Headers that mean something to the gateway; what signed the request for the emulator is replaced. */
function passed({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const dropped = /^(host|connection|authorization|expect|x-amz-content-sha256|x-amz-date|x-amz-security-token)$/;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !dropped.test(name) ? [[name, value]] : [],
    ),
  );
}
