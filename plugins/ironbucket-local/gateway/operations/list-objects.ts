import { parameter, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element, encodeKey, type Markup, textXml } from '../../../../src/s3/xml/write.ts';
import type { Page } from '../../objects/listing.ts';
import type { Operation } from '../call.ts';
import { readEncoding, readLimit } from '../limit.ts';
import { maybe, ownerElement, xmlReply } from '../xml/reply.ts';

export const listObjectsV1: Operation = async ({ objects, statistics }, { head, bucket, signal, search }) => {
  const asked = readListing(head);
  const marker = parameter(head, 'marker') ?? '';
  const page = await search(() => objects.list(bucket, { ...asked, after: marker }, signal));
  statistics.count(bucket, 'list');
  const { encode } = asked;
  return xmlReply('ListBucketResult', [
    element('Name', bucket),
    element('Prefix', encode(asked.prefix)),
    element('Marker', encode(marker)),
    // Clients go on from the last key without it, which skips nothing, but repeats a common prefix.
    page.next === undefined ? undefined : element('NextMarker', encode(page.next)),
    ...common(asked, page),
    ...contents(asked, page, bucket),
  ]);
};

export const listObjectsV2: Operation = async ({ objects, statistics }, { head, bucket, signal, search }) => {
  const asked = readListing(head);
  const token = parameter(head, 'continuation-token');
  const start = parameter(head, 'start-after');
  const after = token === undefined ? (start ?? '') : readToken(token);
  const page = await search(() => objects.list(bucket, { ...asked, after }, signal));
  statistics.count(bucket, 'list');
  const owner = parameter(head, 'fetch-owner') === 'true' ? bucket : undefined;
  const { encode } = asked;
  return xmlReply('ListBucketResult', [
    element('Name', bucket),
    element('Prefix', encode(asked.prefix)),
    element('KeyCount', page.objects.length + page.prefixes.length),
    start === undefined ? undefined : element('StartAfter', encode(start)),
    token === undefined ? undefined : element('ContinuationToken', token),
    page.next === undefined
      ? undefined
      : element('NextContinuationToken', Buffer.from(page.next).toString('base64url')),
    ...common(asked, page),
    ...contents(asked, page, owner),
  ]);
};

interface Listing {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  readonly encoding: 'url' | undefined;
  encode(key: string): string;
}

function readListing(head: RequestHead): Listing {
  const encoding = readEncoding(head);
  return {
    prefix: parameter(head, 'prefix') ?? '',
    delimiter: parameter(head, 'delimiter') ?? '',
    limit: readLimit(head, 'max-keys'),
    encoding,
    encode: (key) => encodeKey(key, encoding),
  };
}

function common({ delimiter, limit, encoding, encode }: Listing, { next }: Page): readonly (Markup | undefined)[] {
  return [
    element('MaxKeys', limit),
    maybe('Delimiter', encode(delimiter)),
    element('IsTruncated', next !== undefined),
    maybe('EncodingType', encoding),
  ];
}

function contents({ encode }: Listing, page: Page, owner: string | undefined): readonly Markup[] {
  const owned = owner === undefined ? '' : ownerElement(owner).xml;
  // As text: a thousand of them make the answer, and elements of elements cost more than all that is looked up.
  const objects = page.objects.map(({ key, size, etag, modified }) => ({
    xml:
      `<Contents><Key>${textXml(encode(key))}</Key><LastModified>${modified.toISOString()}</LastModified>` +
      `<ETag>&#34;${textXml(etag)}&#34;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass>${owned}</Contents>`,
  }));
  const prefixes = page.prefixes.map((prefix) => element('CommonPrefixes', [element('Prefix', encode(prefix))]));
  return [...objects, ...prefixes];
}

/** Tokens are ours: the last key of the page before, so that they hold after a restart. */
function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (Buffer.from(key).toString('base64url') === token && token !== '') return key;
  const fields = { ArgumentName: 'continuation-token' };
  throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect', fields });
}
