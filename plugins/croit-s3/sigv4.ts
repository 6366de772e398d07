import { createHash, createHmac } from 'node:crypto';

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface SignInput {
  readonly method: string;
  /** Host header of the request: name, and port unless it is the scheme's own. */
  readonly host: string;
  /** As it goes out: encoded, with the query that `encodeQuery` made behind a `?`. */
  readonly path: string;
  readonly body: string;
  readonly keys: KeyPair;
  readonly region: string;
  readonly now: Date;
}

/** Headers of AWS Signature Version 4 for the service `s3`, which signs paths as they are and wants the hash of the body. */
export function sign(input: SignInput): Readonly<Record<string, string>> {
  const { method, host, path, body, keys, region, now } = input;
  const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const hash = sha256(body);
  const [uri = '/', query = ''] = path.split('?');
  const headers = `host:${host}\nx-amz-content-sha256:${hash}\nx-amz-date:${stamp}\n`;
  const canonical = [method, uri, query, headers, SIGNED, hash].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(keys.secretKey, day, region), text).toString('hex');
  const credential = `Credential=${keys.accessKey}/${scope}`;
  return {
    'x-amz-content-sha256': hash,
    'x-amz-date': stamp,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${SIGNED}, Signature=${signature}`,
  };
}

/** Sorted, every value encoded as signatures want it: `%20` and never `+`, sub-resources as `key=`. */
export function encodeQuery(query: Readonly<Record<string, string | number | boolean | bigint | undefined>>): string {
  return (
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      // By name alone: sorted with its `=`, `quota-type` would come before `quota`.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${encodeStrictly(key)}=${encodeStrictly(String(value))}`)
      .join('&')
  );
}

/** Everything but letters, digits and `-._~`. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const SIGNED = 'host;x-amz-content-sha256;x-amz-date';

function signingKey(secretKey: string, day: string, region: string): Buffer {
  return [day, region, 's3', 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretKey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
