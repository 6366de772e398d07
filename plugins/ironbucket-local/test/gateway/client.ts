import { createHash } from 'node:crypto';
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import {
  ALGORITHM,
  canonicalQuery,
  canonicalRequest,
  encodeStrictly,
  type KeyPair,
  scopeText,
  signatureOf,
  signingKey,
  stampOf,
  stringToSign,
} from '../../../../src/s3/sigv4.ts';

export interface S3Request {
  readonly method?: string;
  readonly key?: string;
  readonly bucket?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly keys?: KeyPair;
  /** `UNSIGNED-PAYLOAD` and a stream of unknown length, chunk by chunk. */
  readonly chunks?: AsyncIterable<Uint8Array>;
  readonly agent?: Agent;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Text of the first element of that name. */
  xml(name: string): string | undefined;
  all(name: string): readonly string[];
}

export interface Client {
  (request: S3Request): Promise<S3Answer>;
  /** The wire: path with query, and all headers. */
  sign(request: S3Request): { readonly path: string; readonly headers: Readonly<Record<string, string>> };
  readonly port: number;
}

export function createClient(port: number, keys: KeyPair, bucket: string, now: () => Date): Client {
  const sign: Client['sign'] = (request) => signed(port, { keys, bucket, ...request }, now());
  const client = (request: S3Request): Promise<S3Answer> => exchange(port, { bucket, keys, ...request }, sign(request));
  return Object.assign(client, { sign, port });
}

function signed(port: number, request: S3Request, now: Date): ReturnType<Client['sign']> {
  const { method = 'GET', bucket = '', key, query = {}, headers = {}, body = '', keys } = request;
  if (keys === undefined) throw new Error('no keys');
  const path = bucket === '' ? '/' : `/${bucket}${key === undefined ? '' : `/${key}`}`;
  const uri = path.split('/').map(encodeStrictly).join('/');
  const stamp = stampOf(now);
  const hash = request.chunks === undefined ? createHash('sha256').update(body).digest('hex') : 'UNSIGNED-PAYLOAD';
  const payloadHash = headers['x-amz-content-sha256'] ?? hash;
  const all: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': stamp,
    ...headers,
  };
  const names = Object.keys(all).sort();
  const text = canonicalQuery(Object.entries(query));
  const canonical = canonicalRequest({
    method,
    uri,
    query: text,
    headers: names.map((name) => [name, all[name] ?? ''] as const),
    payloadHash,
  });
  const scope = { stamp, region: 'us-east-1' };
  const signature = signatureOf(signingKey(keys.secretKey, scope), stringToSign(scope, canonical));
  const credential = `Credential=${keys.accessKey}/${scopeText(scope)}`;
  const authorization = `${ALGORITHM} ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { path: text === '' ? uri : `${uri}?${text}`, headers: { ...all, authorization } };
}

function exchange(port: number, request: S3Request, { path, headers }: ReturnType<Client['sign']>): Promise<S3Answer> {
  const { method = 'GET', body, chunks, agent } = request;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, ...(agent && { agent }) },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(pieces);
          const all = (name: string): readonly string[] =>
            [...bytes.toString().matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: bytes,
            all,
            xml: (name) => all(name)[0],
          });
        });
      },
    );
    sent.on('error', reject);
    if (chunks === undefined) sent.end(body === undefined ? undefined : Buffer.from(body));
    else void write(sent, chunks).catch(reject);
  });
}

async function write(
  sent: { write(chunk: Uint8Array): boolean; end(): unknown },
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) sent.write(chunk);
  sent.end();
}
