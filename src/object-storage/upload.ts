import { counted, joined, peek, type UploadBody } from './body.ts';
import type { Opened } from './deps.ts';
import { StorageQuotaExceededError } from './errors.ts';
import { explain } from './explain.ts';
import { type Metadata, toHeaders } from './metadata.ts';
import { sendInParts } from './multipart.ts';
import type { ObjectStorageSettings } from './settings.ts';

export interface NewObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: UploadBody;
  readonly contentType: string;
  readonly metadata: Metadata;
}

const MIB = 1_048_576;
const MOST_PARTS = 10_000;

/**
 * Stores an object. Above the threshold it goes in parts; an upload that fails is aborted, and nothing of it remains.
 *
 * @throws StorageQuotaExceededError 413 for more than the maximum, StorageInputError, StorageUploadError,
 * StorageConnectionError, StorageBucketError
 */
export async function upload(opened: Opened, object: NewObject, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { settings } = opened;
  const { bucket, key, contentType } = object;
  const context = { operation: 'upload', bucket, key };
  const metadata = toHeaders(object.metadata);
  const stop = new AbortController();
  const follow = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  const chunks = counted(object.body, settings.max_upload_size_mb * MIB, stop.signal, () => {
    const message = `${key} is larger than ${settings.max_upload_size_mb} MiB`;
    return new StorageQuotaExceededError(message, { context, hint: 'The maximum is max_upload_size_mb.' });
  });
  try {
    const { s3, client } = await opened.sdk();
    const { head, isWhole } = await peek(chunks, settings.multipart_threshold_mb * MIB);
    if (isWhole) {
      const params = { Bucket: bucket, Key: key, ContentType: contentType, Metadata: metadata };
      const put = new s3.PutObjectCommand({ ...params, Body: Buffer.concat(head) });
      await client.send(put, { abortSignal: stop.signal });
      return;
    }
    const parts = { bucket, key, contentType, metadata, partSize: partSize(settings) };
    await sendInParts(opened, parts, joined(head, chunks), stop);
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error, 'upload', context);
  } finally {
    signal.removeEventListener('abort', follow);
    await chunks.return(undefined);
  }
}

/** Larger than configured when the largest upload would otherwise need more parts than there can be. */
export function partSize({ multipart_chunk_size_mb, max_upload_size_mb }: ObjectStorageSettings): number {
  const least = Math.ceil((max_upload_size_mb * MIB) / MOST_PARTS);
  return Math.max(multipart_chunk_size_mb * MIB, least);
}
