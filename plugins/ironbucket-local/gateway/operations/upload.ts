import { header, parameter } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { PartRef } from '../../objects/objects.ts';
import { announcedChecksum, createDigest } from '../body/checksum.ts';
import { readText } from '../body/open-body.ts';
import type { Call, Operation } from '../call.ts';
import { writeCondition } from '../conditions.ts';
import { openSource } from '../copy-source.ts';
import { quote, readDescription } from '../description.ts';
import { readCopyRange } from '../range.ts';
import { LARGEST_DOCUMENT, readCompleteUpload } from '../xml/read.ts';
import { xmlReply } from '../xml/reply.ts';
import { copied } from './copy-object.ts';
import { checksumHeaders, withinQuota } from './put-object.ts';

export const createUpload: Operation = async ({ objects, quotas }, { head, bucket, key, signal }) => {
  const described = readDescription(head);
  const reservation = await quotas.reserve(bucket, 0, signal);
  const { id } = await objects.uploads.create(bucket, key, described, reservation).finally(() => reservation.release());
  const algorithm = header(head, 'x-amz-checksum-algorithm');
  return xmlReply(
    'InitiateMultipartUploadResult',
    [element('Bucket', bucket), element('Key', key), element('UploadId', id)],
    algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm },
  );
};

export const uploadPart: Operation = async ({ objects, quotas }, call) => {
  const number = partNumber(call);
  const upload = uploadOf(call);
  await objects.uploads.find(upload);
  const body = call.body();
  const reservation = await quotas.reserve(call.bucket, body.length ?? 0, call.signal);
  try {
    reservation.stage(body.length ?? 0);
    const content = { body: withinQuota(body, reservation), etag: () => body.verified().md5 };
    const { etag } = await objects.uploads.putPart(upload, number, content, reservation, call.signal);
    return { status: 200, headers: { etag: quote(etag), ...checksumHeaders(body) } };
  } finally {
    reservation.release();
  }
};

export const uploadPartCopy: Operation = async (deps, call) => {
  const number = partNumber(call);
  const { open } = await openSource(deps, call);
  try {
    const { start, end } = readCopyRange(call.head, open.object);
    const reservation = await deps.quotas.reserve(call.bucket, end - start, call.signal);
    try {
      reservation.stage(end - start);
      const content = { body: open.read(start, end) };
      const part = await deps.objects.uploads.putPart(uploadOf(call), number, content, reservation, call.signal);
      return xmlReply('CopyPartResult', copied(part));
    } finally {
      reservation.release();
    }
  } finally {
    await open.close();
  }
};

export const completeUpload: Operation = async ({ objects, quotas, statistics, settings }, call) => {
  const { head, bucket, key, signal } = call;
  const condition = writeCondition(head);
  // Of the whole object, and not of this body.
  const announced = announcedChecksum(head);
  const digest = announced && createDigest(announced.algorithm);
  const named = readCompleteUpload(await readText(call.body({ checksums: false }), LARGEST_DOCUMENT));
  const parts = named.map(({ partNumber: number, etag }) => ({ number, etag }));
  const look = (chunk: Uint8Array): void => {
    digest?.update(chunk);
  };
  const checksums = (): Readonly<Record<string, string>> | undefined => {
    if (announced === undefined || digest === undefined) return undefined;
    if (digest.digest().toString('base64') !== announced.value) throw new S3Error('BadDigest');
    return { [announced.algorithm]: announced.value };
  };
  const reservation = await quotas.reserve(bucket, 0, signal);
  try {
    const terms = { reservation, condition, look, checksums };
    const stored = await objects.uploads.complete(uploadOf(call), parts, terms, signal);
    statistics.count(bucket, 'multipart');
    return xmlReply('CompleteMultipartUploadResult', [
      element('Location', `${settings.public_endpoint ?? ''}/${bucket}/${key}`),
      element('Bucket', bucket),
      element('Key', key),
      element('ETag', quote(stored.etag)),
    ]);
  } finally {
    reservation.release();
  }
};

export const abortUpload: Operation = async ({ objects, quotas }, call) => {
  const reservation = await quotas.reserve(call.bucket, 0, call.signal);
  try {
    await objects.uploads.abort(uploadOf(call), reservation);
    return { status: 204 };
  } finally {
    reservation.release();
  }
};

export function uploadOf({ head, bucket, key }: Call): PartRef {
  return { bucket, key, id: parameter(head, 'uploadId') ?? '' };
}

function partNumber({ head }: Call): number {
  const text = parameter(head, 'partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= 10_000) return number;
  const message = 'Part number must be an integer between 1 and 10000, inclusive';
  throw new S3Error('InvalidArgument', { message, fields: { ArgumentName: 'partNumber', ArgumentValue: text } });
}
