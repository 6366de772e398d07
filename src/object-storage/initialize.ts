import type { Opened } from './deps.ts';
import { explain, isAbsent } from './explain.ts';
import { listObjects } from './listing.ts';

export interface BucketResult {
  readonly bucket: string;
  /** `missing` only when nothing may be written, `refused` for one that was to be made anew and holds something. */
  readonly outcome: 'exists' | 'created' | 'recreated' | 'missing' | 'refused';
}

export interface InitializeOptions {
  /** Looks, and writes nothing. */
  readonly verifyOnly?: boolean;
  /** Makes empty buckets anew. One that holds anything, even an old version or an unfinished upload, is never removed. */
  readonly force?: boolean;
}

/** Makes one of the buckets, private as every bucket is without a policy. */
export async function initializeBucket(
  opened: Opened,
  bucket: string,
  { verifyOnly = false, force = false }: InitializeOptions,
  signal: AbortSignal,
): Promise<BucketResult> {
  const context = { operation: 'initialise', bucket };
  try {
    const exists = await isThere(opened, bucket, signal);
    if (verifyOnly) return { bucket, outcome: exists ? 'exists' : 'missing' };
    if (exists && !force) return { bucket, outcome: 'exists' };
    const { s3, client } = await opened.sdk();
    if (exists) {
      if (await holdsAnything(opened, bucket, signal)) return { bucket, outcome: 'refused' };
      await client.send(new s3.DeleteBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    }
    await client.send(new s3.CreateBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    return { bucket, outcome: exists ? 'recreated' : 'created' };
  } catch (error) {
    throw explain(error, 'bucket', context);
  }
}

async function isThere({ sdk }: Opened, bucket: string, signal: AbortSignal): Promise<boolean> {
  const { s3, client } = await sdk();
  try {
    await client.send(new s3.HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return false;
  }
}

async function holdsAnything(opened: Opened, bucket: string, signal: AbortSignal): Promise<boolean> {
  for await (const _ of listObjects(opened, bucket, '', signal)) return true;
  const { s3, client } = await opened.sdk();
  const [versions, uploads] = [
    await client.send(new s3.ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1 }), { abortSignal: signal }),
    await client.send(new s3.ListMultipartUploadsCommand({ Bucket: bucket, MaxUploads: 1 }), { abortSignal: signal }),
  ];
  return [versions.Versions, versions.DeleteMarkers, uploads.Uploads].some((items) => (items?.length ?? 0) > 0);
}
