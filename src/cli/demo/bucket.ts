import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { isJsonObject, type Json } from '../../lib/json.ts';
import { encodeStrictly, sign } from '../../s3/sigv4.ts';

export interface BucketAnswer {
  readonly status: number;
  /** `QuotaExceeded` and the like, when the answer is a refusal. */
  readonly code: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** A bucket as its owner sees it: over S3, with what Waldur tells and nothing else. */
export interface Bucket {
  /** An object of so many bytes, sent when the server wants them: `Expect: 100-continue`. */
  put(key: string, bytes: number, signal: AbortSignal): Promise<BucketAnswer>;
  remove(key: string, signal: AbortSignal): Promise<BucketAnswer>;
  head(signal: AbortSignal): Promise<BucketAnswer>;
}

const PIECE = Buffer.alloc(1024 * 1024, 'ACGT');

/** `stored` is `s3_credentials` of the resource's metadata. */
export function openBucket(stored: Json | undefined, bucket: string, now: () => Date): Bucket {
  const { endpoint, region, access_key, secret_key } = isJsonObject(stored) ? stored : {};
  const url = new URL(text(endpoint));
  const keys = { accessKey: text(access_key), secretKey: text(secret_key) };

  async function send(method: string, key: string, length: number, signal: AbortSignal): Promise<BucketAnswer> {
    const path = `/${[bucket, ...key.split('/')].map(encodeStrictly).join('/')}`;
    const { host } = url;
    const signed = sign({ method, host, path, body: undefined, keys, region: text(region), now: now() });
    const headers = { ...signed, 'content-length': length, ...(length > 0 && { expect: '100-continue' }) };
    const outgoing = request({ hostname: url.hostname, port: url.port, method, path, headers, signal });
    outgoing.on('continue', () => Readable.from(pieces(length)).pipe(outgoing));
    if (length > 0) outgoing.flushHeaders();
    else outgoing.end();
    const [answer] = (await once(outgoing, 'response', { signal })) as [IncomingMessage];
    let xml = '';
    for await (const chunk of answer.setEncoding('utf8')) xml += chunk;
    outgoing.destroy();
    return { status: answer.statusCode ?? 0, code: /<Code>(\w+)<\/Code>/.exec(xml)?.[1], headers: answer.headers };
  }

  return {
    put: (key, bytes, signal) => send('PUT', key, bytes, signal),
    remove: (key, signal) => send('DELETE', key, 0, signal),
    head: (signal) => send('HEAD', '', 0, signal),
  };
}

function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
