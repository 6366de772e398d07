import { parameter, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';
import type { SigningKeys } from '../signing-keys.ts';
import { canonicalQuery, canonicalRequest, encodeStrictly, signatureOf, signingKey, stringToSign } from '../sigv4.ts';
import { type Claim, readClaim } from './claim.ts';
import { readStamp } from './fields.ts';
import { payloadHash, readPayload } from './payload.ts';
import { doesNotMatch, isSameSignature, secretOf } from './signature.ts';
import type { Signed } from './types.ts';
import { isUrlV2, type UrlVerification, verifyUrlV2 } from './verify-url-v2.ts';

export interface Verification extends UrlVerification {
  /** The one of this gateway; a signature for another region is refused. */
  readonly region: string;
  /** Default: computed for each request. */
  readonly signingKeys?: SigningKeys;
}

/** What a request says of its own signature; nothing of it is proved. */
export interface Claimed {
  readonly accessKey: string;
  /** Undefined for a URL of version 2. */
  readonly claim: Claim | undefined;
}

/** @throws S3Error as `verify` */
export function readClaimed(head: RequestHead): Claimed {
  if (isUrlV2(head)) return { accessKey: parameter(head, 'AWSAccessKeyId') ?? '', claim: undefined };
  const claim = readClaim(head);
  return { accessKey: claim.accessKey, claim };
}

/**
 * Who signed this request. Pure: whether that account exists for what it asks, is suspended or may do it is for the
 * caller to say. @throws S3Error when it is not signed, or not so that it can be trusted
 */
export function verify(head: RequestHead, verification: Verification, claimed = readClaimed(head)): Signed {
  const { region, now, find, hostBucket, signingKeys = signingKey } = verification;
  const { claim } = claimed;
  if (claim === undefined) return verifyUrlV2(head, { now, find, hostBucket });
  const { accessKey, scope } = claim;
  if (scope.region !== region) {
    throw claim.refuse(`The region of the credential is wrong; expecting '${region}'.`, { Region: region });
  }
  requireTime(claim, now);
  requireSigned(head, claim);
  const hash = payloadHash(head, claim.expiresSeconds !== undefined);
  const key = signingKeys(secretOf(find, accessKey), scope);
  const texts = canonicalRequests(head, claim, hash).map((canonical) => stringToSign(scope, canonical));
  if (!texts.some((text) => isSameSignature(signatureOf(key, text), claim.signature))) {
    throw doesNotMatch(accessKey, texts[0] ?? '');
  }
  return { accessKey, payload: readPayload(hash, { key, scope, seed: claim.signature }) };
}

const LARGEST_SKEW_MS = 15 * 60 * 1000;

function requireTime({ scope, expiresSeconds }: Claim, now: Date): void {
  const age = now.getTime() - (readStamp(scope.stamp) ?? Number.NaN);
  if (expiresSeconds === undefined) {
    if (Math.abs(age) <= LARGEST_SKEW_MS) return;
    const fields = {
      RequestTime: scope.stamp,
      ServerTime: now.toISOString(),
      MaxAllowedSkewMilliseconds: String(LARGEST_SKEW_MS),
    };
    throw new S3Error('RequestTimeTooSkewed', { fields });
  }
  if (age < -LARGEST_SKEW_MS) throw new S3Error('AccessDenied', { message: 'Request is not valid yet' });
  if (age <= expiresSeconds * 1000) return;
  const fields = { 'X-Amz-Expires': String(expiresSeconds), ServerTime: now.toISOString() };
  throw new S3Error('AccessDenied', { message: 'Request has expired', fields });
}

/** What the gateway acts upon must be signed: a proxy on the way could add it otherwise. */
function requireSigned({ headers }: RequestHead, { signedHeaders }: Claim): void {
  const unsigned = signedHeaders.includes('host') ? [] : ['host'];
  for (const name of headers.keys()) {
    if (name.startsWith('x-amz-') && !signedHeaders.includes(name)) unsigned.push(name);
  }
  if (unsigned.length === 0) return;
  const message = 'There were headers present in the request which were not signed';
  throw new S3Error('AccessDenied', { message, fields: { HeadersNotSigned: unsigned.join(', ') } });
}

/**
 * The texts a client may have signed. AWS decodes the path and encodes it again, whatever the client left unencoded on
 * the wire; others sign what they send. Both stand for the same key, so either will do.
 */
function canonicalRequests(head: RequestHead, claim: Claim, hash: string): readonly string[] {
  const { method, rawPath, path } = head;
  const parameters = [...head.query]
    .filter(([name]) => claim.expiresSeconds === undefined || name !== 'X-Amz-Signature')
    .flatMap(([name, values]) => values.map((value) => [name, value] as const));
  const query = canonicalQuery(parameters);
  const headers = claim.signedHeaders.map((name) => [name, canonicalValue(head.headers.get(name))] as const);
  const encoded = path.split('/').map(encodeStrictly).join('/');
  const uris = encoded === rawPath ? [rawPath] : [encoded, rawPath];
  return uris.map((uri) => canonicalRequest({ method, uri, query, headers, payloadHash: hash }));
}

function canonicalValue(values: readonly string[] = []): string {
  return values.map(withoutBlanks).join(',');
}

/** Blanks only: `\s` would take bytes of UTF-8 for a blank. Most values have none to lose. */
function withoutBlanks(value: string): string {
  return /^ |\t| {2}| $/.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value;
}
