import { header } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { Deps } from '../../deps.ts';
import { etagOf } from '../../objects/complete.ts';
import { StorageError } from '../../objects/storage-error.ts';
import type { StoredObject } from '../../objects/stored.ts';
import { readText } from '../body/open-body.ts';
import type { Call, Operation, Reply } from '../call.ts';
import { writeCondition } from '../conditions.ts';
import { quote } from '../description.ts';
import { type CompletedPart, LARGEST_DOCUMENT, readCompleteUpload } from '../xml/read.ts';
import { xmlReply } from '../xml/reply.ts';
import { checksumElements } from './attributes.ts';
import { uploadOf } from './upload.ts';
import { wholeChecksum } from './whole-checksum.ts';

/** When its answer is lost, the client asks again, and gets the same answer for as long as the object is there. */
export const completeUpload: Operation = async (deps, call) => {
  const condition = writeCondition(call.head);
  // Checksums in the headers are of the whole object, and not of this body.
  const named = readCompleteUpload(await readText(call.body({ checksums: false }), LARGEST_DOCUMENT));
  try {
    const stored = await complete(deps, call, named, condition);
    deps.statistics.count(call.bucket, 'multipart');
    return completed(deps, call, stored);
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason !== 'no-upload') throw error;
    const done = await deps.objects.head(call.bucket, call.key);
    const isIt = done?.uploadId !== undefined && done.uploadId === uploadOf(call).id && done.etag === etagOf(named);
    if (done === undefined || !isIt) throw error;
    return completed(deps, call, done);
  }
};

async function complete(
  { objects, quotas }: Deps,
  call: Call,
  named: readonly CompletedPart[],
  condition: ReturnType<typeof writeCondition>,
): Promise<StoredObject> {
  const { head, bucket, signal } = call;
  const ref = uploadOf(call);
  const { look, describe } = wholeChecksum(head, await objects.uploads.find(ref));
  const parts = named.map(({ partNumber: number, etag, checksum }) => ({ number, etag, checksum }));
  const announced = header(head, 'x-amz-mp-object-size');
  const reservation = await quotas.reserve(bucket, 0, signal);
  try {
    const terms = {
      reservation,
      condition,
      look,
      describe: (chosen: Parameters<typeof describe>[0]) => {
        requireSize(
          announced,
          chosen.reduce((sum, { size }) => sum + size, 0),
        );
        return describe(chosen);
      },
    };
    return await objects.uploads.complete(ref, parts, terms, signal);
  } finally {
    reservation.release();
  }
}

/** @throws S3Error `InvalidRequest` */
function requireSize(announced: string | undefined, size: number): void {
  if (announced === undefined || announced === String(size)) return;
  const message = `The provided 'x-amz-mp-object-size' header value ${announced.slice(0, 20)} does not match what was computed: ${size}`;
  throw new S3Error('InvalidRequest', { message });
}

function completed({ settings }: Deps, { bucket, key }: Call, { etag, checksums, checksumType }: StoredObject): Reply {
  return xmlReply('CompleteMultipartUploadResult', [
    element('Location', `${settings.public_endpoint ?? ''}/${bucket}/${key}`),
    element('Bucket', bucket),
    element('Key', key),
    element('ETag', quote(etag)),
    ...checksumElements(checksums),
    checksums === undefined ? undefined : element('ChecksumType', checksumType ?? 'FULL_OBJECT'),
  ]);
}
