import { createHmac } from 'node:crypto';
import { header, parameter, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';
import { ALGORITHM } from '../sigv4.ts';
import { LONGEST_EXPIRY_SECONDS } from './claim.ts';
import { doesNotMatch, type FindSecret, isSameSignature, secretOf } from './signature.ts';
import type { Signed } from './types.ts';

export interface UrlVerification {
  readonly now: Date;
  /** The holder of an access key. */
  readonly find: FindSecret;
}

/**
 * Presigned URLs of Signature Version 2, the only ones that `s3cmd signurl` makes, and version 1 of the AWS command line
 * in us-east-1. They read and do nothing else: what else version 2 can sign, all clients sign with version 4. Source: the
 * S3 developer guide, "Signing and authenticating REST requests".
 */
export function isUrlV2({ query }: RequestHead): boolean {
  return OWN_PARAMETERS.every((name) => query.has(name));
}

const OWN_PARAMETERS = ['AWSAccessKeyId', 'Expires', 'Signature'];
const OVERRIDE = /^response-(cache-control|content-(disposition|encoding|language|type)|expires)$/;

/** @throws S3Error when nobody signed this URL, its time is over, or it is for more than reading an object */
export function verifyUrlV2(head: RequestHead, { now, find }: UrlVerification): Signed {
  const names = [...head.query.keys()].filter((name) => !OWN_PARAMETERS.includes(name));
  if (!['GET', 'HEAD'].includes(head.method) || !names.every((name) => OVERRIDE.test(name))) {
    const message = `A URL of Signature Version 2 can only read an object here. Please use ${ALGORITHM}.`;
    throw new S3Error('AccessDenied', { message });
  }
  const [accessKey = '', expires = '', signature = ''] = OWN_PARAMETERS.map((name) => parameter(head, name));
  requireTime(expires, now);
  const secretKey = secretOf(find, accessKey);
  const text = stringToSign(head, expires, names);
  const expected = createHmac('sha1', secretKey).update(text, 'latin1').digest('base64');
  if (!isSameSignature(expected, signature)) throw doesNotMatch(accessKey, text);
  return { accessKey, payload: { kind: 'unsigned' } };
}

/** @param expires seconds since 1970; no further off than version 4 could be */
function requireTime(expires: string, now: Date): void {
  const secondsLeft = /^\d{1,12}$/.test(expires) ? Number(expires) - now.getTime() / 1000 : Number.NaN;
  const refuse = (message: string): S3Error =>
    new S3Error('AccessDenied', { message, fields: { Expires: expires, ServerTime: now.toISOString() } });
  if (Number.isNaN(secondsLeft)) throw refuse('Expires must be a number of seconds since 1970');
  if (secondsLeft < 0) throw refuse('Request has expired');
  if (secondsLeft > LONGEST_EXPIRY_SECONDS) throw refuse(`Expires is over ${LONGEST_EXPIRY_SECONDS} seconds away`);
}

/** The path as it was sent; the names and values of overrides decoded. */
function stringToSign(head: RequestHead, expires: string, overrides: readonly string[]): string {
  const amazon = [...head.headers.keys()].filter((name) => name.startsWith('x-amz-')).sort();
  const resource = [...overrides].sort().map((name) => `${name}=${parameter(head, name)}`);
  return [
    head.method,
    header(head, 'content-md5') ?? '',
    header(head, 'content-type') ?? '',
    expires,
    ...amazon.map((name) => `${name}:${head.headers.get(name)?.join(',')}`),
    [head.rawPath, ...(resource.length > 0 ? [resource.join('&')] : [])].join('?'),
  ].join('\n');
}
