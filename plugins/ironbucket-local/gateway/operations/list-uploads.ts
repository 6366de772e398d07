import { parameter } from '../../../../src/s3/request-head.ts';
import { element, encodeKey } from '../../../../src/s3/xml/write.ts';
import { compareKeys } from '../../objects/order.ts';
import type { Operation } from '../call.ts';
import { quote } from '../description.ts';
import { readEncoding, readLimit } from '../limit.ts';
import { unsupported } from '../unsupported.ts';
import { maybe, ownerElement, xmlReply } from '../xml/reply.ts';
import { uploadOf } from './upload.ts';

export const listParts: Operation = async ({ objects }, call) => {
  const { head, bucket, key, signal } = call;
  const upload = uploadOf(call);
  const after = readLimit(head, 'part-number-marker', 10_000);
  const limit = readLimit(head, 'max-parts');
  const start = parameter(head, 'part-number-marker') === undefined ? 0 : after;
  const all = (await objects.uploads.parts(upload, signal)).filter(({ number }) => number > start);
  const page = all.slice(0, limit);
  const next = all.length > limit ? page.at(-1)?.number : undefined;
  return xmlReply('ListPartsResult', [
    element('Bucket', bucket),
    element('Key', encodeKey(key, readEncoding(head))),
    element('UploadId', upload.id),
    ownerElement(bucket, 'Initiator'),
    ownerElement(bucket),
    element('StorageClass', 'STANDARD'),
    element('PartNumberMarker', start),
    next === undefined ? undefined : element('NextPartNumberMarker', next),
    element('MaxParts', limit),
    element('IsTruncated', next !== undefined),
    ...page.map(({ number, size, etag, modified }) =>
      element('Part', [
        element('PartNumber', number),
        element('LastModified', modified.toISOString()),
        element('ETag', quote(etag)),
        element('Size', size),
      ]),
    ),
  ]);
};

export const listUploads: Operation = async ({ objects }, { head, bucket, signal, search }) => {
  if ((parameter(head, 'delimiter') ?? '') !== '') throw unsupported('a delimiter in a listing of uploads');
  const encoding = readEncoding(head);
  const prefix = parameter(head, 'prefix') ?? '';
  const keyMarker = parameter(head, 'key-marker') ?? '';
  const idMarker = parameter(head, 'upload-id-marker') ?? '';
  const limit = readLimit(head, 'max-uploads');
  const all = (await search(() => objects.uploads.list(bucket, signal))).filter(({ key, id }) => {
    const order = compareKeys(key, keyMarker);
    return key.startsWith(prefix) && (order > 0 || (order === 0 && idMarker !== '' && id > idMarker));
  });
  const page = all.slice(0, limit);
  const next = all.length > limit ? page.at(-1) : undefined;
  return xmlReply('ListMultipartUploadsResult', [
    element('Bucket', bucket),
    element('KeyMarker', encodeKey(keyMarker, encoding)),
    element('UploadIdMarker', idMarker),
    next && element('NextKeyMarker', encodeKey(next.key, encoding)),
    next && element('NextUploadIdMarker', next.id),
    element('Prefix', encodeKey(prefix, encoding)),
    maybe('EncodingType', encoding),
    element('MaxUploads', limit),
    element('IsTruncated', next !== undefined),
    ...page.map(({ key, id, initiated }) =>
      element('Upload', [
        element('Key', encodeKey(key, encoding)),
        element('UploadId', id),
        ownerElement(bucket, 'Initiator'),
        ownerElement(bucket),
        element('StorageClass', 'STANDARD'),
        element('Initiated', initiated.toISOString()),
      ]),
    ),
  ]);
};
