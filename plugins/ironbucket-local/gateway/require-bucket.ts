import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Deps } from '../deps.ts';
import { isBucketName } from '../layout.ts';

/**
 * There is such a bucket, and what a process that died left in it is cleared up, unless another thread serves it.
 *
 * @throws S3Error `NoSuchBucket`
 */
export async function requireBucket(deps: Deps, bucket: string, signal: AbortSignal): Promise<void> {
  const { disk, layout, objects, owns } = deps;
  const fields = { BucketName: bucket };
  if (!isBucketName(bucket)) throw new S3Error('NoSuchBucket', { fields });
  if ((await disk.kind(layout.bucket(bucket))) !== 'directory') throw new S3Error('NoSuchBucket', { fields });
  if (owns(bucket)) await objects.recover(bucket, signal);
}
