import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { canonicalRequest, sha256, signatureOf, signingKey, stringToSign } from '../../../src/s3/sigv4.ts';
import { encrypt } from '../madmin/codec.ts';
import type { Deriver } from '../madmin/deriver.ts';

/** A call to a real server, release 2025-10-15, as it was recorded; bodies are decrypted. */
export interface Recorded {
  readonly section: string;
  readonly name: string;
  /** Access key; absent without a signature. */
  readonly caller?: string;
  readonly region?: string;
  readonly service?: string;
  /** `20261128T194043Z` */
  readonly at: string | null;
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly how?: 'chunked' | 'unsigned' | 'wrong password' | 'too large' | 'wrong secret' | 'skew' | 'other hash';
  readonly plain?: string;
  readonly secret?: string;
  readonly status: number;
  readonly code?: string;
  readonly xml?: boolean;
  readonly json?: Json;
  readonly encrypted?: boolean;
}

export const RECORDED = JSON.parse(
  readFileSync(new URL('../../../test/labs/minio/fixtures/recorded-calls.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

export interface Prepared {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function timeOf(stamp: string): Date {
  return new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** The request again, signed and encrypted by the secret key of its caller. */
export async function prepare(
  call: Recorded,
  server: { readonly host: string; readonly stamp: string; readonly secretKey: string; readonly deriver: Deriver },
): Promise<Prepared> {
  const { host, stamp, secretKey, deriver } = server;
  const body = await bodyOf(call, secretKey, deriver);
  const type: Readonly<Record<string, string>> = call.type === undefined ? {} : { 'content-type': call.type };
  const length = { 'content-length': String(body.length) };
  const sent = call.how === 'chunked' ? { 'transfer-encoding': 'chunked' } : length;
  if (call.caller === undefined) return { headers: { ...type, ...sent }, body };
  const signed = call.how === 'other hash' ? Buffer.from('other') : body;
  const payloadHash = call.how === 'unsigned' ? 'UNSIGNED-PAYLOAD' : sha256(signed);
  const headers = [
    ['host', host],
    ['x-amz-content-sha256', payloadHash],
    ['x-amz-date', stamp],
  ] as const;
  const [uri = '', query = ''] = call.path.split('?');
  const scope = { stamp, region: call.region ?? '' };
  const key = call.how === 'wrong secret' ? 'not-the-secret' : secretKey;
  const canonical = canonicalRequest({ method: call.method, uri, query, headers, payloadHash });
  const signature = signatureOf(signingKey(key, scope), stringToSign(scope, canonical));
  const credential = `${call.caller}/${stamp.slice(0, 8)}/${scope.region}/${call.service ?? 's3'}/aws4_request`;
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { headers: { ...type, ...sent, ...Object.fromEntries(headers), authorization }, body };
}

async function bodyOf(call: Recorded, secretKey: string, deriver: Deriver): Promise<Buffer> {
  if (call.how === 'too large') return randomBytes(262_673);
  if (call.secret === undefined && call.how !== 'wrong password') return Buffer.from(call.plain ?? '');
  const password = call.how === 'wrong password' ? 'another-password' : secretKey;
  const sealing = { deriver, password, random: (bytes: number) => randomBytes(bytes) };
  return encrypt(Buffer.from(call.secret ?? '{}'), sealing, new AbortController().signal);
}

/** Where there are objects whose members are names of users, buckets and policies. */
const MAPS =
  /\/(list-users|list-canned-policies|list-access-keys-bulk)$|\.(bucketsUsageInfo|bucketsSizes|prefixUsage|tags)$/;

/** The members of a JSON value and their types, whatever the values, names and lengths are. */
export function shapeOf(value: Json | undefined, at = ''): readonly string[] {
  if (Array.isArray(value)) return unique(value.flatMap((item: Json) => shapeOf(item, `${at}[]`)));
  if (value === null && /prefixUsage$|bucketsUsageInfo$|bucketsSizes$/.test(at)) return [];
  if (!isJsonObject(value)) return value === undefined ? [] : [`${at}:${value === null ? 'null' : typeof value}`];
  const isMap = MAPS.test(at);
  return unique(Object.entries(value).flatMap(([name, item]) => shapeOf(item, isMap ? `${at}{}` : `${at}.${name}`)));
}

function unique(items: readonly string[]): readonly string[] {
  return [...new Set(items)].sort();
}
