import { parameter } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element, encodeKey } from '../../../../src/s3/xml/write.ts';
import type { Operation } from '../call.ts';
import { quote } from '../description.ts';
import { readEncoding, readLimit } from '../limit.ts';
import { maybe, ownerElement, xmlReply } from '../xml/reply.ts';

/** There are no versions: every object is the latest one of its key, and is called `null`. */
export const listVersions: Operation = async ({ objects, statistics }, { head, bucket, signal, search }) => {
  const encoding = readEncoding(head);
  const prefix = parameter(head, 'prefix') ?? '';
  const delimiter = parameter(head, 'delimiter') ?? '';
  const after = parameter(head, 'key-marker') ?? '';
  const limit = readLimit(head, 'max-keys');
  if (parameter(head, 'version-id-marker') !== undefined && after === '') {
    throw new S3Error('InvalidArgument', { message: 'A version-id marker cannot be specified without a key marker.' });
  }
  const page = await search(() => objects.list(bucket, { prefix, delimiter, after, limit }, signal));
  statistics.count(bucket, 'list');
  const encode = (key: string): string => encodeKey(key, encoding);
  return xmlReply('ListVersionsResult', [
    element('Name', bucket),
    element('Prefix', encode(prefix)),
    element('KeyMarker', encode(after)),
    element('VersionIdMarker', ''),
    page.next === undefined ? undefined : element('NextKeyMarker', encode(page.next)),
    page.next === undefined ? undefined : element('NextVersionIdMarker', 'null'),
    element('MaxKeys', limit),
    maybe('Delimiter', encode(delimiter)),
    element('IsTruncated', page.next !== undefined),
    maybe('EncodingType', encoding),
    ...page.objects.map(({ key, size, etag, modified }) =>
      element('Version', [
        element('Key', encode(key)),
        element('VersionId', 'null'),
        element('IsLatest', true),
        element('LastModified', modified.toISOString()),
        element('ETag', quote(etag)),
        element('Size', size),
        element('StorageClass', 'STANDARD'),
        ownerElement(bucket),
      ]),
    ),
    ...page.prefixes.map((common) => element('CommonPrefixes', [element('Prefix', encode(common))])),
  ]);
};
