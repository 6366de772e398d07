import { AgentError, isAgentError } from '../../lib/errors.ts';
import { isUrlPath } from './call.ts';
import type { S3 } from './client.ts';
import type { ObjectVersion, RemoveFailure } from './objects.ts';

/**
 * Removes a bucket with everything in it, page by page: what is gone stays gone, so a repetition goes on where this ended.
 * An absent bucket is done.
 *
 * @throws AgentError as `emptyBucket`; transient `S3_BUCKET_IN_USE` when something is written meanwhile
 */
export async function purgeBucket(s3: S3, bucket: string, signal: AbortSignal): Promise<void> {
  await emptyBucket(s3, bucket, signal);
  await explained(bucket, s3.buckets.remove(bucket, signal));
}

/**
 * Removes everything in a bucket, and the policy that could forbid it.
 *
 * @throws AgentError operator `S3_PURGE_FAILED` naming what cannot be deleted
 */
export async function emptyBucket(s3: S3, bucket: string, signal: AbortSignal): Promise<void> {
  await explained(bucket, emptyAll(s3, bucket, signal));
}

async function emptyAll(s3: S3, bucket: string, signal: AbortSignal): Promise<void> {
  await s3.documents.removePolicy(bucket, signal);
  await abortUploads(s3, bucket, signal);
  await removeVersions(s3, bucket, signal);
}

async function explained(bucket: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isAgentError(error) || error.disposition === 'transient' || error.code === PURGE_FAILED) throw error;
    throw purgeFailed(bucket, error.message, error.hint);
  }
}

async function abortUploads({ objects }: S3, bucket: string, signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  for (;;) {
    // Those with a key that no URL can hold go with the bucket.
    const uploads = (await objects.uploads(bucket, signal)).filter(({ key }) => isUrlPath(key));
    const [first] = uploads;
    if (first === undefined) return;
    if (first.uploadId === before) throw purgeFailed(bucket, 'an upload that was aborted is still there');
    before = first.uploadId;
    for (const upload of uploads) await objects.abortUpload(bucket, upload, signal);
  }
}

async function removeVersions({ objects }: S3, bucket: string, signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const versions = await objects.versions(bucket, signal);
    const [first] = versions;
    if (first === undefined) return;
    if (nameOf(first) === before) throw purgeFailed(bucket, 'a version that was deleted is still there');
    before = nameOf(first);
    const [failure] = await objects.removeVersions(bucket, versions, signal);
    if (failure !== undefined) throw stays(bucket, failure);
  }
}

function nameOf({ key, versionId }: ObjectVersion): string {
  return `${key}\0${versionId}`;
}

const PURGE_FAILED = 'S3_PURGE_FAILED';

function stays(bucket: string, { key, code }: RemoveFailure): AgentError {
  const hint = code === 'AccessDenied' ? 'Object lock keeps it until its retention ends.' : undefined;
  return purgeFailed(bucket, `${code} for ${JSON.stringify(key.slice(0, 80))}`, hint);
}

function purgeFailed(bucket: string, why: string, hint?: string): AgentError {
  return new AgentError(`bucket ${bucket} could not be emptied: ${why}`, {
    code: PURGE_FAILED,
    disposition: 'operator',
    hint,
  });
}
