import { header, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { StoredObject } from '../objects/stored.ts';

export interface Range {
  readonly start: number;
  /** Of the first byte that does not belong to it. */
  readonly end: number;
}

/**
 * The bytes that are asked for; undefined for all of them. What is no range, and several at once, is answered with all,
 * as HTTP allows.
 *
 * @throws S3Error `InvalidRange`
 */
export function readRange(head: RequestHead, object: StoredObject): Range | undefined {
  const text = header(head, 'range');
  if (text === undefined || !isCurrent(header(head, 'if-range'), object)) return undefined;
  const [, from = '', to = ''] = /^bytes=(\d{0,30})-(\d{0,30})$/.exec(text.replaceAll(' ', '')) ?? [];
  if (from === '' && to === '') return undefined;
  const { size } = object;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start >= size || start >= end) {
    const fields = { RangeRequested: text, ActualObjectSize: String(size) };
    throw new S3Error('InvalidRange', { fields, headers: { 'content-range': `bytes */${size}` } });
  }
  return { start, end };
}

/** `x-amz-copy-source-range` has one form only. @throws S3Error `InvalidArgument`, `InvalidRange` */
export function readCopyRange(head: RequestHead, { size }: StoredObject): Range {
  const text = header(head, 'x-amz-copy-source-range');
  if (text === undefined) return { start: 0, end: size };
  const [, from = '', to = ''] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const [start, end] = [Number(from), Number(to) + 1];
  if (from === '' || end <= start) {
    const message = 'The x-amz-copy-source-range value must be of the form bytes=first-last.';
    throw new S3Error('InvalidArgument', { message });
  }
  if (end > size) throw new S3Error('InvalidRange', { message: 'The range is not within the source object.' });
  return { start, end };
}

function isCurrent(condition: string | undefined, { etag, modified }: StoredObject): boolean {
  if (condition === undefined || condition === `"${etag}"`) return true;
  return Math.floor(Date.parse(condition) / 1000) === Math.floor(modified.getTime() / 1000);
}
