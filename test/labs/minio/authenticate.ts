import type { IncomingMessage } from 'node:http';
import {
  canonicalQuery,
  canonicalRequest,
  sha256,
  signatureOf,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from '../../../src/s3/sigv4.ts';
import type { Caller } from './permissions.ts';
import { disabled, Refusal } from './refusal.ts';
import type { State } from './state.ts';

const SKEW_MS = 15 * 60_000;
const LONGEST_SECONDS = 604_800;

interface Claim {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly stamp: string;
  readonly payloadHash: string;
  /** Of a presigned URL. */
  readonly seconds: number | undefined;
}

/** Whoever signed the request; undefined when it carries no signature. @throws Refusal */
export function authenticate(request: IncomingMessage, url: URL, state: State, now: Date): Caller | undefined {
  const claim = claimIn(request, url);
  if (claim === undefined) return undefined;
  const [accessKey = '', day = '', region = '', service] = claim.credential.split('/');
  if (service !== 's3') throw new Refusal('AuthorizationParametersError');
  checkTime(claim, now);
  const caller = callerOf(state, accessKey, now);
  const query = canonicalQuery([...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature'));
  const headers = claim.signedHeaders
    .split(';')
    .map((name) => [name, String(request.headers[name] ?? '').trim()] as const);
  const { payloadHash } = claim;
  const [uri = '/'] = (request.url ?? '/').split('?');
  const canonical = canonicalRequest({ method: request.method ?? '', uri, query, headers, payloadHash });
  const scope = { stamp: claim.stamp, region };
  const signature = signatureOf(signingKey(caller.secret, scope), stringToSign(scope, canonical));
  if (signature !== claim.signature || !claim.stamp.startsWith(day)) throw new Refusal('SignatureDoesNotMatch');
  return caller;
}

/** @throws Refusal when the body is not the one that was signed */
export function checkBody(request: IncomingMessage, body: Buffer): void {
  const signed = request.headers['x-amz-content-sha256'];
  if (signed === undefined || signed === UNSIGNED_PAYLOAD || !/^[0-9a-f]{64}$/.test(String(signed))) return;
  if (sha256(body) !== signed) throw new Refusal('XAmzContentSHA256Mismatch');
}

function claimIn(request: IncomingMessage, url: URL): Claim | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const field = (name: string): string => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1] ?? '';
    return {
      credential: field('Credential'),
      signedHeaders: field('SignedHeaders'),
      signature: field('Signature'),
      stamp: String(request.headers['x-amz-date'] ?? ''),
      payloadHash: String(request.headers['x-amz-content-sha256'] ?? ''),
      seconds: undefined,
    };
  }
  const value = (name: string): string => url.searchParams.get(`X-Amz-${name}`) ?? '';
  if (value('Signature') === '') return undefined;
  return {
    credential: value('Credential'),
    signedHeaders: value('SignedHeaders'),
    signature: value('Signature'),
    stamp: value('Date'),
    payloadHash: UNSIGNED_PAYLOAD,
    seconds: Number(value('Expires')),
  };
}

function checkTime({ stamp, seconds }: Claim, now: Date): void {
  const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const age = now.getTime() - Date.parse(iso);
  if (seconds === undefined) {
    if (!(Math.abs(age) <= SKEW_MS)) throw new Refusal('RequestTimeTooSkewed', undefined, { xml: true });
    return;
  }
  if (!(seconds >= 0 && seconds <= LONGEST_SECONDS)) throw new Refusal('AuthorizationQueryParametersError');
  if (age < -SKEW_MS || age >= seconds * 1000) throw new Refusal('AccessDenied', 'Request has expired');
}

function callerOf(state: State, accessKey: string, now: Date): Caller {
  if (accessKey === state.root.accessKey) return { accessKey, secret: state.root.secretKey, parent: accessKey };
  const user = state.users.get(accessKey);
  if (user !== undefined) {
    if (!user.enabled) throw disabled();
    return { accessKey, secret: user.secret, parent: accessKey };
  }
  const account = state.serviceAccounts.get(accessKey);
  if (account === undefined) throw new Refusal('InvalidAccessKeyId');
  if (!account.enabled) throw disabled();
  if (account.expires !== undefined && account.expires <= now) throw new Refusal('InvalidAccessKeyId');
  if (state.users.get(account.parent)?.enabled === false) throw new Refusal('AccessDenied');
  return { accessKey, secret: account.secret, parent: account.parent };
}
