import { parameter, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { StoredObject } from '../objects/stored.ts';
import type { Range } from './range.ts';

export interface PartRange extends Range {
  /** How many parts the object was uploaded in; undefined when it was not. */
  readonly count: number | undefined;
}

/** The bytes of the part that `partNumber` asks for; undefined without it. @throws S3Error `InvalidPartNumber` */
export function readPartRange(head: RequestHead, { size, partSizes }: StoredObject): PartRange | undefined {
  const text = parameter(head, 'partNumber');
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', { message: 'Part number must be an integer between 1 and 10000, inclusive' });
  }
  if (partSizes === undefined && number === 1) return { start: 0, end: size, count: undefined };
  let left = number - 1;
  let start = 0;
  for (const [bytes, count] of partSizes ?? []) {
    if (left < count) {
      start += left * bytes;
      return { start, end: start + bytes, count: countOf(partSizes) };
    }
    left -= count;
    start += count * bytes;
  }
  throw new S3Error('InvalidPartNumber', { headers: { 'content-range': `bytes */${size}` } });
}

export function countOf(partSizes: StoredObject['partSizes']): number {
  return (partSizes ?? []).reduce((sum, [, count]) => sum + count, 0);
}
