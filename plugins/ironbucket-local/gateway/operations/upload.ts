import { parameter } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { PartRef } from '../../objects/objects.ts';
import { requireLength } from '../body/expected.ts';
import type { Call, Operation } from '../call.ts';
import { openSource } from '../copy-source.ts';
import { quote, readDescription } from '../description.ts';
import { readCopyRange } from '../range.ts';
import { xmlReply } from '../xml/reply.ts';
import { copied } from './copy-object.ts';
import { checksumHeaders, withinQuota } from './put-object.ts';
import { uploadChecksum } from './whole-checksum.ts';

export const createUpload: Operation = async ({ objects, quotas }, { head, bucket, key, signal }) => {
  const {
    checksumAlgorithm: algorithm,
    checksumType: type,
    ...described
  } = {
    ...readDescription(head),
    ...uploadChecksum(head),
  };
  const reservation = await quotas.reserve(bucket, 0, signal);
  const whole = { ...described, checksumAlgorithm: algorithm, checksumType: type };
  const { id } = await objects.uploads.create(bucket, key, whole, reservation).finally(() => reservation.release());
  return xmlReply(
    'InitiateMultipartUploadResult',
    [element('Bucket', bucket), element('Key', key), element('UploadId', id)],
    algorithm === undefined || type === undefined
      ? {}
      : { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type },
  );
};

export const uploadPart: Operation = async ({ objects, quotas }, call) => {
  requireLength(call.head);
  const number = partNumber(call);
  const upload = uploadOf(call);
  await objects.uploads.find(upload);
  const body = call.body();
  const reservation = await quotas.reserve(call.bucket, body.length ?? 0, call.signal);
  try {
    reservation.stage(body.length ?? 0);
    const content = {
      body: withinQuota(body, reservation),
      etag: () => body.verified().md5,
      checksum: () => body.verified().checksum,
    };
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
