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
  /** The bucket that the host names: version 2 signs it in place of the host. Undefined when the path names it. */
  readonly hostBucket?: string | undefined;
}

/**
 * Presigned URLs of Signature Version 2, the only ones that `s3cmd signurl` makes, and version 1 of the AWS command line
 * and boto3 in us-east-1. Parameters that version 2 does not sign are refused: they could be added on the way. Source: the
 * S3 developer guide, "Signing and authenticating REST requests".
 */
export function isUrlV2({ query }: RequestHead): boolean {
  return OWN_PARAMETERS.every((name) => query.has(name));
}

const OWN_PARAMETERS = ['AWSAccessKeyId', 'Expires', 'Signature'];
const SIGNED = new RegExp(
  '^(response-(cache-control|content-(disposition|encoding|language|type)|expires)|acl|cors|delete|lifecycle|location|' +
    'logging|notification|partNumber|policy|requestPayment|tagging|torrent|uploadId|uploads|versionId|versioning|versions|website)$',
);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

/** @throws S3Error when the signature is not right, its time is over, or the URL asks for what version 2 does not sign */
export function verifyUrlV2(head: RequestHead, { now, find, hostBucket }: UrlVerification): Signed {
  const names = [...head.query.keys()].filter((name) => !OWN_PARAMETERS.includes(name));
  if (!METHODS.has(head.method) || !names.every((name) => SIGNED.test(name))) {
    const message = `A URL of Signature Version 2 does not cover what this one asks for. Please use ${ALGORITHM}.`;
    throw new S3Error('AccessDenied', { message });
  }
  const [accessKey = '', expires = '', signature = ''] = OWN_PARAMETERS.map((name) => parameter(head, name));
  requireTime(expires, now);
  const secretKey = secretOf(find, accessKey);
  const path = hostBucket === undefined ? head.rawPath : `/${hostBucket}${head.rawPath}`;
  // Clients disagree on how a parameter without a value is signed.
  const texts = ['', '='].map((end) => stringToSign(head, expires, { path, names, end }));
  const sign = (text: string): string => createHmac('sha1', secretKey).update(text, 'latin1').digest('base64');
  if (!texts.some((text) => isSameSignature(sign(text), signature))) throw doesNotMatch(accessKey, texts[0] ?? '');
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

interface Resource {
  /** As it was sent. */
  readonly path: string;
  /** Of the parameters that are signed, decoded like their values. */
  readonly names: readonly string[];
  /** Behind a name without a value. */
  readonly end: string;
}

function stringToSign(head: RequestHead, expires: string, { path, names, end }: Resource): string {
  const amazon = [...head.headers.keys()].filter((name) => name.startsWith('x-amz-')).sort();
  const resource = [...names].sort().map((name) => {
    const value = parameter(head, name) ?? '';
    return name + (value === '' ? end : `=${value}`);
  });
  return [
    head.method,
    header(head, 'content-md5') ?? '',
    header(head, 'content-type') ?? '',
    expires,
    ...amazon.map((name) => `${name}:${head.headers.get(name)?.join(',')}`),
    [path, ...(resource.length > 0 ? [resource.join('&')] : [])].join('?'),
  ].join('\n');
}
