import { idIn } from './audit.ts';
import type { Opened, RememberedUpload } from './deps.ts';
import { explain } from './explain.ts';
import { type ListedObject, listObjects } from './listing.ts';

export interface CleanupOptions {
  /** Finds the same and removes nothing. */
  readonly dryRun?: boolean;
  /** Called for each object as it is found or removed, for progress and reports. */
  onObject?(object: CleanedObject): void | Promise<void>;
}

export interface CleanedObject {
  readonly key: string;
  readonly size: number;
  readonly last_modified: string;
  /** Why it stays. */
  readonly error?: string;
}

export interface CleanupReport {
  readonly enabled: boolean;
  readonly dry_run: boolean;
  readonly bucket: string;
  /** ISO 8601: what is older is expired. */
  readonly cutoff: string;
  /** Removed, or to be removed in a dry run. */
  readonly deleted: number;
  readonly deleted_bytes: number;
  readonly failed: number;
  readonly aborted_uploads: number;
}

const DAY_MS = 86_400_000;
const BATCH = 1000;
const FOLDER = 'samples/';

/** Removes expired log samples, and uploads of samples unfinished for a day. Nothing outside `samples/` is touched. */
export async function cleanUp(opened: Opened, options: CleanupOptions, signal: AbortSignal): Promise<CleanupReport> {
  const { settings, clock } = opened;
  const { dryRun = false } = options;
  const bucket = settings.bucket_samples;
  const now = clock.now().getTime();
  const cutoff = new Date(now - settings.sample_retention_days * DAY_MS);
  const totals = { deleted: 0, deleted_bytes: 0, failed: 0 };
  const report = (aborted: number): CleanupReport => ({
    enabled: settings.sample_retention_enabled,
    dry_run: dryRun,
    bucket,
    cutoff: cutoff.toISOString(),
    ...totals,
    aborted_uploads: aborted,
  });
  if (!settings.sample_retention_enabled) return report(0);
  const finish = async (batch: readonly ListedObject[]): Promise<void> => {
    const errors = dryRun ? new Map<string, string>() : await remove(opened, bucket, batch, signal);
    for (const { key, size, lastModified } of batch) {
      const error = errors.get(key);
      if (error === undefined) {
        totals.deleted++;
        totals.deleted_bytes += size;
      } else totals.failed++;
      const entry = { key, size, last_modified: lastModified.toISOString() };
      await options.onObject?.(error === undefined ? entry : { ...entry, error });
    }
  };
  let batch: ListedObject[] = [];
  for await (const object of listObjects(opened, bucket, FOLDER, signal)) {
    if (object.lastModified >= cutoff) continue;
    batch.push(object);
    if (batch.length < BATCH) continue;
    await finish(batch);
    batch = [];
  }
  if (batch.length > 0) await finish(batch);
  const stale = new Date(now - DAY_MS);
  return report(dryRun ? 0 : await abortStale(opened, bucket, stale, signal));
}

/** Returns why keys stay; what the server did not confirm stays, too. */
async function remove(
  opened: Opened,
  bucket: string,
  batch: readonly ListedObject[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { s3, client } = await opened.sdk();
  const input = { Bucket: bucket, Delete: { Objects: batch.map(({ key }) => ({ Key: key })) } };
  try {
    const answer = await client.send(new s3.DeleteObjectsCommand(input), { abortSignal: signal });
    const confirmed = new Set((answer.Deleted ?? []).map(({ Key: key }) => key));
    const errors = new Map((answer.Errors ?? []).map(({ Key: key = '', Code: code = 'Unknown' }) => [key, code]));
    for (const { key } of batch) {
      if (confirmed.has(key)) {
        await opened.audit({ event: 'log_sample_deleted', request_id: idIn(key), storage_key: key, user_id: null });
      } else if (!errors.has(key)) errors.set(key, 'NotConfirmed');
    }
    return errors;
  } catch (error) {
    signal.throwIfAborted();
    // One batch that fails does not end the pass.
    const { message } = explain(error, 'retention', { operation: 'clean up', bucket });
    return new Map(batch.map(({ key }) => [key, message]));
  }
}

/** Those the server lists and those that were remembered: some servers forget the first after a restart. */
async function abortStale(opened: Opened, bucket: string, before: Date, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const { key, uploadId, startedAt } of openUploads(opened, bucket, signal)) {
    if (startedAt >= before || !key.startsWith(FOLDER)) continue;
    const { s3, client } = await opened.sdk();
    const abort = new s3.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
    const done = await client.send(abort, { abortSignal: signal }).then(
      () => true,
      (error: Error) => error.name === 'NoSuchUpload',
    );
    if (!done) continue;
    await opened.uploads?.forget({ bucket, uploadId });
    await opened.audit({ event: 'upload_aborted', request_id: idIn(key), storage_key: key, user_id: null });
    count++;
  }
  return count;
}

async function* openUploads(opened: Opened, bucket: string, signal: AbortSignal): AsyncGenerator<RememberedUpload> {
  const { s3, client } = await opened.sdk();
  const seen = new Set<string>();
  let page: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (page !== undefined) {
    const list: InstanceType<typeof s3.ListMultipartUploadsCommand> = new s3.ListMultipartUploadsCommand({
      Bucket: bucket,
      ...page,
    });
    const answer = await client.send(list, { abortSignal: signal });
    for (const { Key: key, UploadId: uploadId, Initiated: startedAt } of answer.Uploads ?? []) {
      if (key === undefined || uploadId === undefined || startedAt === undefined) continue;
      seen.add(uploadId);
      yield { bucket, key, uploadId, startedAt };
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = answer;
    page =
      answer.IsTruncated === true && KeyMarker !== undefined && UploadIdMarker !== undefined
        ? { KeyMarker, UploadIdMarker }
        : undefined;
  }
  for await (const remembered of opened.uploads?.list() ?? []) {
    if (remembered.bucket === bucket && !seen.has(remembered.uploadId)) yield remembered;
  }
}
