import { createHash } from 'node:crypto';
import { type RequestHead, readHead } from '../../src/s3/request-head.ts';
import { S3Error } from '../../src/s3/s3-error.ts';
import { ALGORITHM, canonicalRequest, type Scope, signatureOf, signingKey, stringToSign } from '../../src/s3/sigv4.ts';

/** Key pair, time and bucket of the examples in the S3 reference. */
export const accessKey = 'AKIAIOSFODNN7EXAMPLE';
export const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const region = 'us-east-1';
export const now = new Date('2013-05-24T00:00:00Z');
export const stamp = '20130524T000000Z';
export const scope: Scope = { stamp, region };
export const credential = `${accessKey}/20130524/us-east-1/s3/aws4_request`;
export const verification = {
  region,
  now,
  find: (key: string): { secretKey: string } | undefined => (key === accessKey ? { secretKey } : undefined),
};

export function head(method: string, url: string, headers: Readonly<Record<string, string>>): RequestHead {
  return readHead({ method, url, rawHeaders: Object.entries(headers).flat() });
}

export interface Signing {
  readonly method?: string;
  /** On the wire. */
  readonly url?: string;
  /** As it is signed, where that differs. */
  readonly uri?: string;
  readonly query?: string;
  /** Signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Not signed. */
  readonly unsigned?: Readonly<Record<string, string>>;
  readonly payloadHash?: string;
}

/** A request signed in its headers, as a client would that follows the reference. */
export function signedHead(signing: Signing): RequestHead {
  const { method = 'GET', url = '/b/k', headers = {}, unsigned = {}, payloadHash = 'UNSIGNED-PAYLOAD' } = signing;
  const [rawPath = '', rawQuery = ''] = url.split('?');
  const all = { host: 'localhost:9000', 'x-amz-date': stamp, 'x-amz-content-sha256': payloadHash, ...headers };
  const names = Object.keys(all).sort();
  const canonical = canonicalRequest({
    method,
    uri: signing.uri ?? rawPath,
    query: signing.query ?? rawQuery,
    headers: Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)),
    payloadHash,
  });
  const signature = signatureOf(signingKey(secretKey, scope), stringToSign(scope, canonical));
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return head(method, url, { ...all, ...unsigned, authorization });
}

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** What `work` throws, which must be an S3Error. */
export function refusal(work: () => unknown): S3Error {
  try {
    work();
  } catch (error) {
    if (error instanceof S3Error) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
