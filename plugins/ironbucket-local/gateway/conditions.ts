import { header, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { StoredObject } from '../objects/stored.ts';

export interface Conditions {
  readonly match: string | undefined;
  readonly noneMatch: string | undefined;
  readonly modifiedSince: string | undefined;
  readonly unmodifiedSince: string | undefined;
}

/** With the prefix `x-amz-copy-source-`, those of the source of a copy. */
export function readConditions(head: RequestHead, prefix = ''): Conditions {
  return {
    match: header(head, `${prefix}if-match`),
    noneMatch: header(head, `${prefix}if-none-match`),
    modifiedSince: header(head, `${prefix}if-modified-since`),
    unmodifiedSince: header(head, `${prefix}if-unmodified-since`),
  };
}

/**
 * Is the object to be sent? Where two conditions speak of the same thing, the ETag wins. Source: "GetObject" of the S3
 * reference.
 *
 * @throws S3Error `PreconditionFailed`
 */
export function isModified(conditions: Conditions, { etag, modified }: StoredObject): boolean {
  const { match, noneMatch, modifiedSince, unmodifiedSince } = conditions;
  if (match !== undefined) {
    if (!matches(match, etag)) throw failed('If-Match');
  } else if (isAfter(modified, unmodifiedSince) === true) throw failed('If-Unmodified-Since');
  if (noneMatch !== undefined) return !matches(noneMatch, etag);
  return isAfter(modified, modifiedSince) !== false;
}

/** The same for the source of a copy, which is made or refused. */
export function requireModified(conditions: Conditions, source: StoredObject): void {
  if (!isModified(conditions, source)) throw failed('x-amz-copy-source-If-None-Match or -If-Modified-Since');
}

/** What must be true of the object that a write replaces; undefined when the client does not care. */
export function writeCondition(head: RequestHead): ((current: StoredObject | undefined) => void) | undefined {
  const { match, noneMatch } = readConditions(head);
  if (match === undefined && noneMatch === undefined) return undefined;
  if (noneMatch !== undefined && noneMatch.trim() !== '*') {
    throw new S3Error('NotImplemented', { message: 'If-None-Match of a write can be * only.' });
  }
  return (current) => {
    if (noneMatch !== undefined && current !== undefined) throw failed('If-None-Match');
    if (match === undefined) return;
    if (current === undefined) throw new S3Error('NoSuchKey');
    if (!matches(match, current.etag)) throw failed('If-Match');
  };
}

function matches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const value = item
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return value === '*' || value === etag;
  });
}

/** Undefined when there is no date, or none that can be read. HTTP dates have whole seconds. */
function isAfter(modified: Date, date: string | undefined): boolean | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(modified.getTime() / 1000) > Math.floor(time / 1000);
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { fields: { Condition: condition } });
}
