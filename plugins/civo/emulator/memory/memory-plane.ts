import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../../../src/lib/clock.ts';
import { readHead } from '../../../../src/s3/request-head.ts';
import { renderS3Error, S3Error } from '../../../../src/s3/s3-error.ts';
import { verify } from '../../../../src/s3/verify/verify.ts';
import { listen, readBody } from '../listen.ts';
import type { Random } from '../mint.ts';
import type { Credential, DataPlane } from '../types.ts';
import type { S3Answer } from './answer.ts';
import { unframe } from './aws-chunked.ts';
import { Bucket } from './bucket.ts';
import { handle, listBuckets } from './handle.ts';

export interface MemoryPlane extends DataPlane {
  readonly url: string;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Method and target of the last requests. */
  readonly asked: string[];
  /** Answers in place of the plane where it answers at all; for tests. */
  intercept: ((method: string, target: string) => S3Answer | undefined) | undefined;
}

const LONGEST_BODY = 64 * 1024 * 1024;
const MOST_ASKED = 10_000;

/** S3 over buckets in memory, on loopback. Signatures are checked; the region of a key is that of its credential. */
export async function startMemoryPlane(clock: Clock, random: Random, port: number): Promise<MemoryPlane> {
  const buckets = new Map<string, Bucket>();
  const users = new Map<string, Credential>();
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    const body = await readBody(incoming, LONGEST_BODY);
    asked.push(`${method} ${url}`);
    if (asked.length > MOST_ASKED) asked.shift();
    send(response, plane.intercept?.(method, url) ?? answer(incoming, body));
  }

  function answer(incoming: IncomingMessage, body: Buffer): S3Answer {
    try {
      return serveSigned(incoming, body);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const text = renderS3Error(error, incoming.url ?? '', 'emulator');
      return { status: error.status, ...(incoming.method !== 'HEAD' && { body: text }) };
    }
  }

  function serveSigned(incoming: IncomingMessage, sent: Buffer): S3Answer {
    const head = readHead(incoming);
    const find = (accessKey: string) => [...users.values()].find(({ keys }) => keys.accessKey === accessKey);
    const claimed = /Credential=([^/,]+)|X-Amz-Credential=([^%/&]+)/.exec(
      `${incoming.headers.authorization ?? ''} ${incoming.url ?? ''}`,
    );
    const region = find(claimed?.[1] ?? claimed?.[2] ?? '')?.region ?? '';
    const { accessKey, payload } = verify(head, {
      region,
      now: clock.now(),
      find: (key) => find(key)?.keys,
    });
    const user = find(accessKey);
    if (user === undefined || user.suspended) throw new S3Error('AccessDenied');
    const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(head.path) ?? [];
    if (name === '') return listBuckets([...buckets.values()].filter(({ owner }) => owner === user.id));
    const bucket = buckets.get(name);
    if (bucket === undefined) throw new S3Error(head.method === 'PUT' && key === '' ? 'AccessDenied' : 'NoSuchBucket');
    if (bucket.owner !== user.id) throw new S3Error('AccessDenied');
    const body = payload.kind === 'chunked' ? unframe(sent) : sent;
    return handle({ head, bucket, key, body, now: clock.now() }, () => Buffer.from(random(12)).toString('hex'));
  }

  const { url, close } = await listen(server, port);
  const plane: MemoryPlane = {
    url,
    buckets,
    asked,
    intercept: undefined,
    endpoint: () => url,
    putUser: async (credential) => void users.set(credential.id, credential),
    removeUser: async ({ id }) => void users.delete(id),
    makeBucket: async ({ name, credential }) => void buckets.set(name, new Bucket(name, credential.id)),
    setQuota: async ({ name, sizeGb }) => {
      const bucket = buckets.get(name);
      if (bucket !== undefined) bucket.quotaBytes = sizeGb * 1_000_000_000;
    },
    stats: async ({ name }) => {
      const bucket = buckets.get(name);
      return { bytes: bucket?.usedBytes() ?? 0, objects: bucket?.versions().filter((v) => !v.isMarker).length ?? 0 };
    },
    removeBucket: async ({ name }) => void buckets.delete(name),
    close,
  };
  return plane;
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: S3Answer): void {
  const type = typeof body === 'string' && body !== '' ? { 'content-type': 'application/xml' } : {};
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...length, ...type, 'x-amz-request-id': 'emulator', ...headers }).end(body);
}
