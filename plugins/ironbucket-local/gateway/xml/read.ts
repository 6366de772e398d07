import { S3Error } from '../../../../src/s3/s3-error.ts';
import { childrenOf, childText, malformed, parseXml, type XmlElement } from '../../../../src/s3/xml/parse.ts';
import { CHECKSUM_PREFIX, readChecksum } from '../body/checksum.ts';
import type { Checksum } from '../body/types.ts';
import type { DeleteConditions } from '../conditions.ts';

/** Of every document below: ten thousand parts with checksums, or a thousand of the longest keys, and some. */
export const LARGEST_DOCUMENT = 4 * 1024 * 1024;

export interface CompletedPart {
  /** 1 to 10,000 */
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: Checksum | undefined;
}

/** The body of CompleteMultipartUpload, in the order in which it came. @throws S3Error `MalformedXML` */
export function readCompleteUpload(text: string): readonly CompletedPart[] {
  const parts = childrenOf(readRoot(text, 'CompleteMultipartUpload'), 'Part');
  if (parts.length === 0 || parts.length > MOST_PARTS) throw malformed();
  return parts.map(readPart);
}

export interface DeleteRequest {
  /** Only failures are answered. */
  readonly quiet: boolean;
  readonly objects: readonly {
    readonly key: string;
    readonly versionId: string | undefined;
    readonly conditions: DeleteConditions;
  }[];
}

/** The body of DeleteObjects. @throws S3Error `MalformedXML` */
export function readDelete(text: string): DeleteRequest {
  const root = readRoot(text, 'Delete');
  const objects = childrenOf(root, 'Object');
  if (objects.length === 0 || objects.length > MOST_KEYS) throw malformed();
  return {
    quiet: childText(root, 'Quiet')?.trim().toLowerCase() === 'true',
    objects: objects.map((object) => {
      const key = childText(object, 'Key');
      if (key === undefined || key === '') throw malformed();
      const text = (name: string): string | undefined => childText(object, name)?.trim();
      const conditions = { etag: text('ETag'), size: text('Size'), modified: text('LastModifiedTime') };
      return { key, versionId: childText(object, 'VersionId'), conditions };
    }),
  };
}

/** The region of CreateBucketConfiguration, undefined for an empty body or without one. @throws S3Error `MalformedXML` */
export function readLocation(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const location = childText(readRoot(text, 'CreateBucketConfiguration'), 'LocationConstraint')?.trim();
  return location === '' ? undefined : location;
}

export type Tags = Readonly<Record<string, string>>;

/** The body of PutObjectTagging and PutBucketTagging. @throws S3Error `MalformedXML`, `InvalidTag` */
export function readTags(text: string, most: number): Tags {
  const [set, another] = childrenOf(readRoot(text, 'Tagging'), 'TagSet');
  if (set === undefined || another !== undefined) throw malformed();
  const pairs = childrenOf(set, 'Tag').map((tag) => {
    const [key, value] = [childText(tag, 'Key'), childText(tag, 'Value')];
    if (key === undefined || value === undefined) throw malformed();
    return [key, value] as const;
  });
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length !== pairs.length) {
    throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
  requireTags(tags, most);
  return tags;
}

/** @throws S3Error `InvalidTag`, `BadRequest` for too many */
export function requireTags(tags: Tags, most: number): void {
  const entries = Object.entries(tags);
  if (entries.length > most) throw new S3Error('BadRequest', { message: `Tags cannot be greater than ${most}` });
  for (const [key, value] of entries)
    if (key.length < 1 || key.length > LONGEST_TAG || value.length > LONGEST_VALUE) throw new S3Error('InvalidTag');
}

const LONGEST_TAG = 128;
const LONGEST_VALUE = 256;
const MOST_PARTS = 10_000;
const MOST_KEYS = 1000;

function readRoot(text: string, name: string): XmlElement {
  const root = parseXml(text);
  if (root.name !== name) throw malformed();
  return root;
}

function readPart(part: XmlElement): CompletedPart {
  const number = childText(part, 'PartNumber')?.trim() ?? '';
  const etag = childText(part, 'ETag')
    ?.trim()
    .replace(/^"(.*)"$/, '$1');
  const partNumber = /^\d{1,5}$/.test(number) ? Number(number) : 0;
  if (etag === undefined || partNumber < 1 || partNumber > MOST_PARTS) throw malformed();
  return { partNumber, etag, checksum: readPartChecksum(part) };
}

/** `ChecksumCRC32` is what a header calls `x-amz-checksum-crc32`. */
function readPartChecksum({ children }: XmlElement): Checksum | undefined {
  const [checksum, another] = children.filter(({ name }) => name.startsWith('Checksum'));
  if (checksum === undefined) return undefined;
  if (another !== undefined) throw malformed();
  return readChecksum(CHECKSUM_PREFIX + checksum.name.slice('Checksum'.length).toLowerCase(), checksum.text.trim());
}
