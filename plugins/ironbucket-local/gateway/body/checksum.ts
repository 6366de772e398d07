import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { crc32c } from './crc32c.ts';
import { CRC64_START, crc64nvme } from './crc64nvme.ts';
import type { Checksum, ChecksumAlgorithm } from './types.ts';

export const CHECKSUM_PREFIX = 'x-amz-checksum-';

/** A hash that goes on with every piece of a body. */
export interface Digest {
  update(data: Uint8Array): void;
  /** Once, at the end: the value in bytes, most significant first. */
  digest(): Buffer;
}

/** The algorithm of a header `x-amz-checksum-*`, its name in lower case; undefined for other headers and algorithms. */
export function checksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  const algorithm = name.startsWith(CHECKSUM_PREFIX) ? name.slice(CHECKSUM_PREFIX.length) : '';
  return isAlgorithm(algorithm) ? algorithm : undefined;
}

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  switch (algorithm) {
    case 'crc32':
      return crcDigest<number>(0, crc32, fourBytes);
    case 'crc32c':
      return crcDigest<number>(0, crc32c, fourBytes);
    case 'crc64nvme':
      return crcDigest(CRC64_START, crc64nvme, ({ high, low }) => Buffer.concat([fourBytes(high), fourBytes(low)]));
    case 'sha1':
    case 'sha256':
      return createHash(algorithm);
  }
}

/**
 * What the client says of the body, or with `CompleteMultipartUpload` of the object, in a header.
 * @throws S3Error `InvalidRequest` for one that cannot be a checksum, for two, and for an algorithm that is not offered
 */
export function announcedChecksum(head: RequestHead): Checksum | undefined {
  const names = [...head.headers.keys()].filter((name) => name.startsWith(CHECKSUM_PREFIX) && !ABOUT.has(name));
  const [name, another] = names;
  if (name === undefined) return undefined;
  if (another !== undefined) {
    throw new S3Error('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header.' });
  }
  return readChecksum(name, header(head, name) ?? '');
}

/** @throws S3Error `InvalidRequest` */
export function readChecksum(name: string, value: string): Checksum {
  const algorithm = checksumAlgorithm(name);
  if (algorithm !== undefined && isBase64(value, SIZES[algorithm])) return { algorithm, value };
  throw new S3Error('InvalidRequest', { message: `Value for ${name} is not valid.` });
}

/** Whether `text` is `size` bytes in the one form that base64 has for them. */
export function isBase64(text: string, size: number): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === size && bytes.toString('base64') === text;
}

/** In bytes. */
const SIZES: Readonly<Record<ChecksumAlgorithm, number>> = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 };
/** Headers that speak of checksums without being one. */
const ABOUT: ReadonlySet<string> = new Set(['algorithm', 'type', 'mode'].map((name) => CHECKSUM_PREFIX + name));

function isAlgorithm(text: string): text is ChecksumAlgorithm {
  return Object.hasOwn(SIZES, text);
}

function crcDigest<T>(start: T, step: (data: Uint8Array, value: T) => T, toBytes: (value: T) => Buffer): Digest {
  let value = start;
  return {
    update: (data) => {
      value = step(data, value);
    },
    digest: () => toBytes(value),
  };
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
