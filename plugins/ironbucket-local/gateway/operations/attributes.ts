import { header } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element, type Markup } from '../../../../src/s3/xml/write.ts';
import type { StoredObject } from '../../objects/stored.ts';
import type { Operation } from '../call.ts';
import { countOf } from '../part-range.ts';
import { xmlReply } from '../xml/reply.ts';
import { requireReadable } from './read-object.ts';

/** `GET ?attributes`: those that `x-amz-object-attributes` names. */
export const getObjectAttributes: Operation = async ({ objects, statistics }, { head, bucket, key }) => {
  const names = (header(head, 'x-amz-object-attributes') ?? '').split(',').map((name) => name.trim());
  if (!names.every((name) => Object.hasOwn(ATTRIBUTES, name))) {
    throw new S3Error('InvalidArgument', { message: 'Invalid attribute name specified.' });
  }
  const object = await objects.head(bucket, key);
  if (object === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  requireReadable(object);
  statistics.count(bucket, 'head');
  const content = Object.entries(ATTRIBUTES).flatMap(([name, write]) => (names.includes(name) ? [write(object)] : []));
  return xmlReply('GetObjectAttributesResponse', content, { 'last-modified': object.modified.toUTCString() });
};

/** `ChecksumCRC32` and its like. */
export function checksumElements(checksums: StoredObject['checksums']): readonly Markup[] {
  return Object.entries(checksums ?? {}).map(([algorithm, value]) =>
    element(`Checksum${algorithm.toUpperCase()}`, value),
  );
}

const ATTRIBUTES: Readonly<Record<string, (object: StoredObject) => Markup | undefined>> = {
  ETag: ({ etag }) => element('ETag', etag),
  Checksum: ({ checksums, checksumType }) =>
    checksums &&
    element('Checksum', [...checksumElements(checksums), element('ChecksumType', checksumType ?? 'FULL_OBJECT')]),
  ObjectParts: ({ partSizes }) => partSizes && element('ObjectParts', [element('TotalPartsCount', countOf(partSizes))]),
  StorageClass: () => element('StorageClass', 'STANDARD'),
  ObjectSize: ({ size }) => element('ObjectSize', size),
};
