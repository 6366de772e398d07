import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { header, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Description } from '../objects/sidecar.ts';
import type { StoredObject } from '../objects/stored.ts';
import { requireTags, type Tags } from './xml/read.ts';

/** The field of the sidecar, which IronBucket has as well. */
export const TAGS_FIELD = 'tags';
export const MOST_OF_OBJECT = 10;

/** What `x-amz-tagging` says of an object that is written, for its description. @throws S3Error `InvalidTag` */
export function taggingHeader(head: RequestHead): Pick<Description, 'others'> {
  const text = header(head, 'x-amz-tagging');
  if (text === undefined || text === '') return {};
  const pairs = [...new URLSearchParams(text)];
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length !== pairs.length) throw new S3Error('InvalidTag');
  requireTags(tags, MOST_OF_OBJECT);
  return { others: [[TAGS_FIELD, tags]] };
}

export function tagsOf({ others }: Pick<StoredObject, 'others'>): Tags {
  const tags: Json | undefined = others?.find(([field]) => field === TAGS_FIELD)?.[1];
  const entries = isJsonObject(tags) ? Object.entries(tags) : [];
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}
