import { header } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Deps } from '../deps.ts';
import type { OpenObject } from '../objects/read.ts';
import { requireOwner } from './authorize.ts';
import type { Call } from './call.ts';
import { readConditions, requireModified } from './conditions.ts';
import { requireReadable } from './operations/read-object.ts';
import { requireBucket } from './require-bucket.ts';

export interface Source {
  readonly bucket: string;
  readonly key: string;
  readonly open: OpenObject;
}

/**
 * The object that `x-amz-copy-source` names; the caller must close it.
 *
 * @throws S3Error when it is not there, not theirs, not what the conditions want, or stored encrypted
 */
export async function openSource(deps: Deps, { head, principal, signal }: Call): Promise<Source> {
  const { bucket, key } = readSource(header(head, 'x-amz-copy-source') ?? '');
  requireOwner(principal, bucket);
  await requireBucket(deps, bucket, signal);
  const open = await deps.objects.open(bucket, key);
  if (open === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  try {
    requireReadable(open.object);
    requireModified(readConditions(head, 'x-amz-copy-source-'), open.object);
  } catch (error) {
    await open.close();
    throw error;
  }
  return { bucket, key, open };
}

function readSource(text: string): { readonly bucket: string; readonly key: string } {
  const mark = text.indexOf('?');
  const path = decode(mark < 0 ? text : text.slice(0, mark)).replace(/^\//, '');
  const version = mark < 0 ? 'null' : (/^versionId=(.*)$/.exec(text.slice(mark + 1))?.[1] ?? '');
  const end = path.indexOf('/');
  if (end <= 0 || end === path.length - 1) {
    throw new S3Error('InvalidArgument', { message: 'x-amz-copy-source must be bucket/key.' });
  }
  if (version !== 'null') throw new S3Error('NoSuchVersion');
  return { bucket: path.slice(0, end), key: path.slice(end + 1) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`));
  } catch (cause) {
    throw new S3Error('InvalidArgument', { message: 'x-amz-copy-source is not URL-encoded UTF-8.', cause });
  }
}
