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

/** Throws S3Error when something is not true of the object that a change replaces. */
export type Condition = (current: StoredObject | undefined) => void;

/** What must be true of the object that a write replaces; undefined when the client does not care. */
export function writeCondition(head: RequestHead): Condition | undefined {
  const { match, noneMatch } = readConditions(head);
  refuseDates(head);
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

/** What must be true of an object that is deleted. Texts as they came; undefined for what the client does not care about. */
export interface DeleteConditions {
  readonly etag?: string | undefined;
  readonly size?: string | undefined;
  readonly modified?: string | undefined;
}

/** The conditions of DeleteObject. Source: "DeleteObject" of the S3 reference. */
export function deleteCondition(head: RequestHead): Condition | undefined {
  refuseDates(head);
  if (header(head, 'if-none-match') !== undefined) {
    throw new S3Error('NotImplemented', { message: 'A deletion cannot have If-None-Match.' });
  }
  return conditionOf({
    etag: header(head, 'if-match'),
    size: header(head, 'x-amz-if-match-size'),
    modified: header(head, 'x-amz-if-match-last-modified-time'),
  });
}

/** @throws S3Error `InvalidArgument` for a size or a time that is none */
export function conditionOf({ etag, size, modified }: DeleteConditions): Condition | undefined {
  if (etag === undefined && size === undefined && modified === undefined) return undefined;
  const time = modified === undefined ? undefined : Date.parse(modified);
  if (size !== undefined && !/^\d{1,16}$/.test(size)) throw badCondition('size');
  if (time !== undefined && Number.isNaN(time)) throw badCondition('time');
  return (current) => {
    if (current === undefined) throw new S3Error('NoSuchKey');
    if (etag !== undefined && !matches(etag, current.etag)) throw failed('If-Match');
    if (size !== undefined && Number(size) !== current.size) throw failed('x-amz-if-match-size');
    // Clients have the time with whole seconds, out of a header.
    if (time !== undefined && Math.floor(time / 1000) !== Math.floor(current.modified.getTime() / 1000))
      throw failed('x-amz-if-match-last-modified-time');
  };
}

function badCondition(what: string): S3Error {
  return new S3Error('InvalidArgument', { message: `The ${what} in a condition of the deletion is not valid.` });
}

/** Changes have no conditions about time, and to ignore one would be to change what the client meant to keep. */
function refuseDates(head: RequestHead): void {
  for (const name of ['if-modified-since', 'if-unmodified-since'])
    if (header(head, name) !== undefined)
      throw new S3Error('NotImplemented', { message: `${name} is not offered for changes.` });
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
