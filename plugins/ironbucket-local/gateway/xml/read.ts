import { S3Error } from '../../../../src/s3/s3-error.ts';
import { childrenOf, childText, malformed, parseXml, type XmlElement } from '../../../../src/s3/xml/parse.ts';
import { CHECKSUM_PREFIX, readChecksum } from '../body/checksum.ts';
import type { Checksum } from '../body/types.ts';

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
  readonly objects: readonly { readonly key: string; readonly versionId: string | undefined }[];
}

/** The body of DeleteObjects. @throws S3Error `MalformedXML`, `NotImplemented` for deletions with a condition */
export function readDelete(text: string): DeleteRequest {
  const root = readRoot(text, 'Delete');
  const objects = childrenOf(root, 'Object');
  if (objects.length === 0 || objects.length > MOST_KEYS) throw malformed();
  return {
    quiet: childText(root, 'Quiet')?.trim().toLowerCase() === 'true',
    objects: objects.map((object) => {
      const key = childText(object, 'Key');
      if (key === undefined || key === '') throw malformed();
      // To ignore a condition would be to delete what the client meant to keep.
      if (object.children.some(({ name }) => CONDITIONS.has(name))) throw new S3Error('NotImplemented');
      return { key, versionId: childText(object, 'VersionId') };
    }),
  };
}

/** The region of CreateBucketConfiguration, undefined for an empty body or without one. @throws S3Error `MalformedXML` */
export function readLocation(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const location = childText(readRoot(text, 'CreateBucketConfiguration'), 'LocationConstraint')?.trim();
  return location === '' ? undefined : location;
}

const MOST_PARTS = 10_000;
const MOST_KEYS = 1000;
const CONDITIONS: ReadonlySet<string> = new Set(['ETag', 'LastModifiedTime', 'Size']);

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
