import { createHmac, hash } from 'node:crypto';

/** AWS Signature Version 4 for the service `s3`: what its signer and its verifier share. Source: the S3 reference. */

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
/** What is signed in place of the hash of a body that is not hashed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface CanonicalRequest {
  readonly method: string;
  /** Encoded once: the service `s3` signs paths as they are, with their `//` and `..`. */
  readonly uri: string;
  /** As `canonicalQuery` makes it. */
  readonly query: string;
  /** Lower-case names with trimmed values, in the order in which they are signed. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Hexadecimal, or one of the words that replace it. */
  readonly payloadHash: string;
}

/** When, where and for what a signature holds. */
export interface Scope {
  /** `20130524T000000Z` */
  readonly stamp: string;
  readonly region: string;
}

export interface SignInput {
  readonly method: string;
  /** Host header of the request: name, and port unless it is the scheme's own. */
  readonly host: string;
  /** As it goes out: encoded, with the query that `encodeQuery` made behind a `?`. */
  readonly path: string;
  /** Undefined when it is not in memory: then it is not part of the signature. */
  readonly body: string | Uint8Array | undefined;
  readonly keys: KeyPair;
  readonly region: string;
  readonly now: Date;
}

/** The headers that sign a request. */
export function sign(input: SignInput): Readonly<Record<string, string>> {
  const { method, host, path, body, keys, region, now } = input;
  const scope = { stamp: stampOf(now), region };
  const payloadHash = body === undefined ? UNSIGNED_PAYLOAD : sha256(body);
  const [uri = '/', query = ''] = path.split('?');
  const headers = [
    ['host', host],
    ['x-amz-content-sha256', payloadHash],
    ['x-amz-date', scope.stamp],
  ] as const;
  const canonical = canonicalRequest({ method, uri, query, headers, payloadHash });
  const signature = signatureOf(signingKey(keys.secretKey, scope), stringToSign(scope, canonical));
  const credential = `Credential=${keys.accessKey}/${scopeText(scope)}`;
  return {
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': scope.stamp,
    authorization: `${ALGORITHM} ${credential}, SignedHeaders=${signedNames(headers)}, Signature=${signature}`,
  };
}

export function canonicalRequest({ method, uri, query, headers, payloadHash }: CanonicalRequest): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
  return [method, uri, query, lines, signedNames(headers), payloadHash].join('\n');
}

/** The text whose HMAC under the signing key is the signature. Characters of `canonical` are bytes. */
export function stringToSign(scope: Scope, canonical: string): string {
  return [ALGORITHM, scope.stamp, scopeText(scope), sha256(canonical, 'latin1')].join('\n');
}

/** Good for one day, region and service. */
export function signingKey(secretKey: string, { stamp, region }: Scope): Buffer {
  return [stamp.slice(0, 8), region, 's3', 'aws4_request'].reduce(
    (key, text) => createHmac('sha256', key).update(text).digest(),
    Buffer.from(`AWS4${secretKey}`),
  );
}

export function scopeText({ stamp, region }: Scope): string {
  return `${stamp.slice(0, 8)}/${region}/s3/aws4_request`;
}

export function stampOf(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** The query of a request that is about to be signed. Sub-resources have the value `''`. */
export function encodeQuery(query: Readonly<Record<string, string | number | boolean | bigint | undefined>>): string {
  return canonicalQuery(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const])),
  );
}

/** Sorted, every value encoded as signatures want it: `%20` and never `+`, sub-resources as `key=`. */
export function canonicalQuery(parameters: readonly (readonly [name: string, value: string])[]): string {
  return (
    parameters
      .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
      // By encoded name and then by value: sorted with its `=`, `quota-type` would come before `quota`.
      .sort(([a, first], [b, second]) => compare(a, b) || compare(first, second))
      .map(([name, value]) => `${name}=${value}`)
      .join('&')
  );
}

/** Everything but letters, digits and `-._~`. */
export function encodeStrictly(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Hexadecimal. */
export function signatureOf(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Hexadecimal. */
export function sha256(data: string | Uint8Array, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return hash('sha256', typeof data === 'string' ? Buffer.from(data, encoding) : data, 'hex');
}

function signedNames(headers: CanonicalRequest['headers']): string {
  return headers.map(([name]) => name).join(';');
}

/** By code units, unlike `localeCompare`. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
