import { header, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';
import { ALGORITHM } from '../sigv4.ts';
import { type Credential, type Refuse, readCredential, readSignedHeaders, readStamp, requestStamp } from './fields.ts';

/** What a request says of its own signature. */
export interface Claim extends Credential {
  /** Lower-case names, in the order in which they are signed. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** For how long a presigned URL is good; undefined when the signature is in a header. */
  readonly expiresSeconds: number | undefined;
  /** The error for what is wrong with the claim, called as S3 does for where it stands. */
  readonly refuse: Refuse;
}

/** @throws S3Error for a request without a signature, with two, with one of another kind, or one that is malformed. */
export function readClaim(head: RequestHead): Claim {
  const authorization = header(head, 'authorization');
  const isPresigned = PRESIGNED_MARKS.some((name) => head.query.has(name));
  if (authorization !== undefined && isPresigned) throw new S3Error('InvalidArgument', { message: ONE_MECHANISM });
  if (head.headers.has('x-amz-security-token') || head.query.has('X-Amz-Security-Token')) {
    throw new S3Error('InvalidToken', { message: 'Temporary credentials are not issued here.' });
  }
  if (authorization !== undefined) return readAuthorization(head, authorization);
  if (isPresigned) return readPresigned(head);
  if (head.query.has('AWSAccessKeyId')) throw new S3Error('InvalidRequest', { message: OTHER_MECHANISM });
  throw new S3Error('AccessDenied');
}

const PRESIGNED_MARKS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'];
const ONE_MECHANISM = 'Only one authentication mechanism is allowed: the Authorization header or X-Amz-* parameters.';
const OTHER_MECHANISM = `The authorization mechanism that you have provided is not supported. Please use ${ALGORITHM}.`;
/** A week. */
export const LONGEST_EXPIRY_SECONDS = 604_800;

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; some clients leave out the blanks. */
function readAuthorization(head: RequestHead, authorization: string): Claim {
  const [, scheme = '', rest = ''] = /^(\S*)\s*(.*)$/.exec(authorization) ?? [];
  if (/^AWS(4-.*)?$/.test(scheme) && scheme !== ALGORITHM) {
    throw new S3Error('InvalidRequest', { message: OTHER_MECHANISM });
  }
  if (scheme !== ALGORITHM) throw new S3Error('InvalidArgument', { message: 'Unsupported Authorization Type' });
  const parts = rest.split(',');
  const fields = new Map(parts.map(readPart));
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value !== undefined && parts.length === FIELDS && fields.size === FIELDS) return value;
    throw refuseHeader('It takes Credential, SignedHeaders and Signature, each once.');
  };
  const credential = readCredential(field('Credential'), requestStamp(head), refuseHeader);
  return {
    signedHeaders: readSignedHeaders(field('SignedHeaders'), refuseHeader),
    signature: field('Signature'),
    expiresSeconds: undefined,
    refuse: refuseHeader,
    ...credential,
  };
}

/** Credential, SignedHeaders and Signature. */
const FIELDS = 3;

function readPart(part: string): readonly [name: string, value: string] {
  const text = part.trim();
  const mark = text.indexOf('=');
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)];
}

function readPresigned(head: RequestHead): Claim {
  const field = (name: string): string => {
    const [value, another] = head.query.get(name) ?? [];
    if (value === undefined || another !== undefined) throw refuseQuery(`${name} must be there, and once.`);
    return value;
  };
  if (field('X-Amz-Algorithm') !== ALGORITHM) throw refuseQuery(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  const stamp = field('X-Amz-Date');
  if (readStamp(stamp) === undefined) throw refuseQuery('X-Amz-Date must be in the format yyyyMMddTHHmmssZ.');
  const expires = field('X-Amz-Expires');
  const expiresSeconds = /^\d{1,9}$/.test(expires) ? Number(expires) : 0;
  if (expiresSeconds < 1 || expiresSeconds > LONGEST_EXPIRY_SECONDS) {
    throw refuseQuery(`X-Amz-Expires must be a number of seconds from 1 to ${LONGEST_EXPIRY_SECONDS}.`);
  }
  const credential = readCredential(field('X-Amz-Credential'), stamp, refuseQuery);
  return {
    signedHeaders: readSignedHeaders(field('X-Amz-SignedHeaders'), refuseQuery),
    signature: field('X-Amz-Signature'),
    expiresSeconds,
    refuse: refuseQuery,
    ...credential,
  };
}

function refuseHeader(message: string, fields?: Readonly<Record<string, string>>): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed. ${message}`,
    fields,
  });
}

function refuseQuery(message: string, fields?: Readonly<Record<string, string>>): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message, fields });
}
