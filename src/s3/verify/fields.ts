import { header, type RequestHead } from '../request-head.ts';
import { S3Error } from '../s3-error.ts';
import { type Scope, stampOf } from '../sigv4.ts';

export interface Credential {
  readonly accessKey: string;
  readonly scope: Scope;
}

export type Refuse = (message: string, fields?: Readonly<Record<string, string>>) => S3Error;

/** `{access key}/{day}/{region}/s3/aws4_request`; the key may hold slashes. */
export function readCredential(text: string, stamp: string, refuse: Refuse): Credential {
  const parts = text.split('/');
  const [day, region = '', service, terminator] = parts.slice(-4);
  const accessKey = parts.slice(0, -4).join('/');
  if (accessKey === '' || region === '') throw refuse('The Credential must be <key>/<date>/<region>/s3/aws4_request.');
  if (terminator !== 'aws4_request') throw refuse('The Credential must end in "aws4_request".');
  if (service !== 's3') throw refuse('The Credential is for another service; this endpoint belongs to "s3".');
  if (day !== stamp.slice(0, 8)) throw refuse('The date of the Credential is not that of the request.');
  return { accessKey, scope: { stamp, region } };
}

/** Names as they are signed. */
export function readSignedHeaders(text: string, refuse: Refuse): readonly string[] {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+(;[a-z0-9!#$%&'*+.^_`|~-]+)*$/.test(text)) {
    throw refuse('SignedHeaders must be names in lower case with ";" between them.');
  }
  const names = text.split(';');
  if (new Set(names).size < names.length) throw refuse('SignedHeaders has a name twice.');
  return names;
}

/** `20130524T000000Z` in milliseconds since 1970; undefined for what is no time. */
export function readStamp(text: string): number | undefined {
  if (!/^\d{8}T([01]\d|2[0-3])[0-5]\d[0-5]\dZ$/.test(text)) return undefined;
  const at = (start: number, end: number): number => Number(text.slice(start, end));
  const [month, day] = [at(4, 6), at(6, 8)];
  const time = Date.UTC(at(0, 4), month - 1, day, at(9, 11), at(11, 13), at(13, 15));
  const date = new Date(time);
  // The 30th of February would be a day in March.
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1 ? time : undefined;
}

/** When a request signed in its headers was made, by `x-amz-date` or else by `Date`. */
export function requestStamp(head: RequestHead): string {
  const stamp = header(head, 'x-amz-date') ?? stampOfHttpDate(header(head, 'date'));
  if (stamp !== undefined && readStamp(stamp) !== undefined) return stamp;
  throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' });
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (GMT|\+0000)$/;

function stampOfHttpDate(text: string | undefined): string | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) return text;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : stampOf(time);
}
