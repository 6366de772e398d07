import { parameter } from '../../../../src/s3/request-head.ts';
import { element, encodeKey } from '../../../../src/s3/xml/write.ts';
import { compareKeys } from '../../objects/order.ts';
import type { Upload } from '../../objects/upload-file.ts';
import type { Operation } from '../call.ts';
import { quote } from '../description.ts';
import { readEncoding, readLimit } from '../limit.ts';
import { maybe, ownerElement, xmlReply } from '../xml/reply.ts';
import { checksumElements } from './attributes.ts';
import { uploadOf } from './upload.ts';

export const listParts: Operation = async ({ objects }, call) => {
  const { head, bucket, key, signal } = call;
  const upload = uploadOf(call);
  const after = readLimit(head, 'part-number-marker', 10_000);
  const limit = readLimit(head, 'max-parts');
  const start = parameter(head, 'part-number-marker') === undefined ? 0 : after;
  const { described } = await objects.uploads.find(upload);
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
    maybe('ChecksumAlgorithm', described.checksumAlgorithm?.toUpperCase()),
    maybe('ChecksumType', described.checksumType),
    ...page.map(({ number, size, etag, modified, checksum }) =>
      element('Part', [
        element('PartNumber', number),
        element('LastModified', modified.toISOString()),
        element('ETag', quote(etag)),
        element('Size', size),
        ...checksumElements(checksum && { [checksum.algorithm]: checksum.value }),
      ]),
    ),
  ]);
};

export const listUploads: Operation = async ({ objects }, { head, bucket, signal, search }) => {
  const encoding = readEncoding(head);
  const prefix = parameter(head, 'prefix') ?? '';
  const delimiter = parameter(head, 'delimiter') ?? '';
  const keyMarker = parameter(head, 'key-marker') ?? '';
  const idMarker = parameter(head, 'upload-id-marker') ?? '';
  const limit = readLimit(head, 'max-uploads');
  const all = (await search(() => objects.uploads.list(bucket, signal))).filter(({ key }) => key.startsWith(prefix));
  const entries = entriesOf(all, prefix, delimiter).filter(({ name, upload }) => {
    const order = compareKeys(name, keyMarker);
    return order > 0 || (order === 0 && upload !== undefined && idMarker !== '' && upload.id > idMarker);
  });
  const page = entries.slice(0, limit);
  const next = entries.length > limit ? page.at(-1) : undefined;
  return xmlReply('ListMultipartUploadsResult', [
    element('Bucket', bucket),
    element('KeyMarker', encodeKey(keyMarker, encoding)),
    element('UploadIdMarker', idMarker),
    next && element('NextKeyMarker', encodeKey(next.name, encoding)),
    next && element('NextUploadIdMarker', next.upload?.id ?? ''),
    element('Prefix', encodeKey(prefix, encoding)),
    maybe('Delimiter', encodeKey(delimiter, encoding)),
    maybe('EncodingType', encoding),
    element('MaxUploads', limit),
    element('IsTruncated', next !== undefined),
    ...page.map(({ name, upload }) =>
      upload === undefined
        ? element('CommonPrefixes', [element('Prefix', encodeKey(name, encoding))])
        : element('Upload', [
            element('Key', encodeKey(name, encoding)),
            element('UploadId', upload.id),
            ownerElement(bucket, 'Initiator'),
            ownerElement(bucket),
            element('StorageClass', 'STANDARD'),
            element('Initiated', upload.initiated.toISOString()),
          ]),
    ),
  ]);
};

/** An upload by its key, or the common prefix of several. */
interface Entry {
  readonly name: string;
  readonly upload: Upload | undefined;
}

function entriesOf(uploads: readonly Upload[], prefix: string, delimiter: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const upload of uploads) {
    const end = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const common = end < 0 ? undefined : upload.key.slice(0, end + delimiter.length);
    if (common === undefined) entries.push({ name: upload.key, upload });
    // Those of one prefix follow one another.
    else if (entries.at(-1)?.name !== common) entries.push({ name: common, upload: undefined });
  }
  return entries;
}
