import type { CompletedPart } from '@aws-sdk/client-s3';
import type { Opened } from './deps.ts';
import { type PartSource, partsOf } from './parts.ts';

export interface Multipart {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Bytes of every part but the last. */
  readonly partSize: number;
}

/** Parts on their way at once; each has memory of its own, which is used again for the next. */
const AT_ONCE = 2;

/**
 * Sends a stream in parts, in as much memory as two parts take. `lib-storage` of the SDK makes new memory for every part, twice:
 * up to 65 MB of it wait for the collector. What fails or is stopped is aborted, after the parts on their way have ended.
 *
 * @param stop aborted with the reason when a part fails, so that a silent source ends, too
 */
export async function sendInParts(
  opened: Opened,
  object: Multipart,
  chunks: AsyncIterator<Buffer>,
  stop: AbortController,
): Promise<void> {
  const { s3, client } = await opened.sdk();
  const { bucket, key, partSize } = object;
  const at = { Bucket: bucket, Key: key };
  const create = new s3.CreateMultipartUploadCommand({
    ...at,
    ContentType: object.contentType,
    Metadata: { ...object.metadata },
  });
  const { UploadId: uploadId } = await client.send(create, { abortSignal: stop.signal });
  if (uploadId === undefined) throw new Error('the server began an upload without an id');
  const upload = { ...at, UploadId: uploadId };
  try {
    // Before the first part goes out, so that even a killed process leaves a trace of what it began.
    await opened.uploads?.remember({ bucket, key, uploadId, startedAt: opened.clock.now() });
    const source = partsOf(chunks);
    const lanes = Array.from({ length: AT_ONCE }, async () => sendLane(opened, upload, source, partSize, stop));
    const ends = await Promise.allSettled(lanes);
    stop.signal.throwIfAborted();
    const parts = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
    const complete = new s3.CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)) },
    });
    await client.send(complete, { abortSignal: stop.signal });
  } catch (error) {
    await abort(opened, upload);
    throw error;
  }
  await opened.uploads?.forget({ bucket, uploadId });
}

interface Begun {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

async function sendLane(
  { sdk }: Opened,
  upload: Begun,
  source: PartSource,
  partSize: number,
  stop: AbortController,
): Promise<readonly CompletedPart[]> {
  const { s3, client } = await sdk();
  const sent: CompletedPart[] = [];
  try {
    const memory = Buffer.allocUnsafeSlow(partSize);
    for (;;) {
      stop.signal.throwIfAborted();
      const part = await source.fill(memory);
      if (part === undefined) return sent;
      const command = new s3.UploadPartCommand({ ...upload, PartNumber: part.number, Body: part.bytes });
      const { ETag: tag } = await client.send(command, { abortSignal: stop.signal });
      sent.push({ PartNumber: part.number, ETag: tag });
    }
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

/** One that cannot be aborted now stays remembered: the next cleanup does it. Bounded by the timeouts of the settings. */
async function abort({ sdk, uploads, log }: Opened, upload: Begun): Promise<void> {
  const { s3, client } = await sdk();
  try {
    await client.send(new s3.AbortMultipartUploadCommand(upload));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchUpload')) {
      log?.warn({ bucket: upload.Bucket, key: upload.Key }, 'an upload that failed could not be aborted');
      return;
    }
  }
  await uploads?.forget({ bucket: upload.Bucket, uploadId: upload.UploadId });
}
