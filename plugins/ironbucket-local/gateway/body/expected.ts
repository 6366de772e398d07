import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import type { Payload } from '../../../../src/s3/verify/types.ts';
import { announcedChecksum, checksumAlgorithm, isBase64 } from './checksum.ts';
import type { ChecksumAlgorithm } from './types.ts';

/** What the headers of a request say of its body. */
export interface Expected {
  /** Decoded bytes; undefined for a body of unknown length. */
  readonly length: number | undefined;
  /** Hexadecimal. */
  readonly sha256: string | undefined;
  /** Base64. */
  readonly md5: string | undefined;
  /** Without a value it comes in a trailing header. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string | undefined } | undefined;
}

export interface BodyOptions {
  /** False when `x-amz-checksum-*` speaks of something else: with `CompleteMultipartUpload` of the object. Default: true */
  readonly checksums?: boolean;
}

/** @throws S3Error for headers that cannot be true */
export function readExpected(head: RequestHead, payload: Payload, { checksums = true }: BodyOptions): Expected {
  const announced = checksums ? announcedChecksum(head) : undefined;
  const trailing = payload.kind === 'chunked' && payload.trailer ? trailingChecksum(head) : undefined;
  if (announced !== undefined && trailing !== undefined) {
    throw new S3Error('InvalidRequest', { message: 'Expecting a checksum in a header or in a trailer, not in both.' });
  }
  return {
    length: payload.kind === 'chunked' ? decodedLength(head) : contentLength(head),
    sha256: payload.kind === 'hashed' ? payload.sha256 : undefined,
    md5: contentMd5(head),
    checksum: announced ?? (trailing && { algorithm: trailing, value: undefined }),
  };
}

const MD5_BYTES = 16;

function contentMd5(head: RequestHead): string | undefined {
  const value = header(head, 'content-md5');
  if (value !== undefined && !isBase64(value, MD5_BYTES)) throw new S3Error('InvalidDigest');
  return value;
}

function trailingChecksum(head: RequestHead): ChecksumAlgorithm | undefined {
  const value = header(head, 'x-amz-trailer');
  if (value === undefined) return undefined;
  const algorithm = checksumAlgorithm(value.trim().toLowerCase());
  if (algorithm !== undefined) return algorithm;
  throw new S3Error('InvalidRequest', { message: 'The value specified in the x-amz-trailer header is not supported' });
}

function decodedLength(head: RequestHead): number {
  const value = header(head, 'x-amz-decoded-content-length');
  if (value === undefined) throw new S3Error('MissingContentLength');
  return readLength('x-amz-decoded-content-length', value);
}

/** What is stored must say how long it is, or that it does not know. @throws S3Error `MissingContentLength` */
export function requireLength(head: RequestHead): void {
  if (!head.headers.has('content-length') && !head.headers.has('transfer-encoding'))
    throw new S3Error('MissingContentLength');
}

/** A request that says nothing of a body has none. */
function contentLength(head: RequestHead): number | undefined {
  const value = header(head, 'content-length');
  if (value !== undefined) return readLength('content-length', value);
  return head.headers.has('transfer-encoding') ? undefined : 0;
}

/** A petabyte has 16 digits, which a number holds exactly. */
function readLength(name: string, value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new S3Error('InvalidArgument', {
    message: `${name} must be a number of bytes.`,
    fields: { ArgumentName: name },
  });
}
