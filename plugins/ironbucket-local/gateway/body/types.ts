export type ChecksumAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, as in `x-amz-checksum-*`. */
  readonly value: string;
}

/** What was found in a body that came in whole and was what its headers, trailers and signatures say. */
export interface Verified {
  /** Of the decoded body. */
  readonly bytes: number;
  /** Hexadecimal: the ETag. */
  readonly md5: string;
  /** The one the client sent, in a header or a trailer. */
  readonly checksum: Checksum | undefined;
}

export interface Body {
  /** Decoded bytes as announced; undefined for one that is sent without `Content-Length`. */
  readonly length: number | undefined;
  /**
   * The decoded body; can be read once, and each piece belongs to the reader until it asks for the next one. Nothing of it
   * is proved before the iteration ends without an error: the reader stages it. @throws S3Error when the body is not what was announced
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** After `chunks` has ended. @throws Error before */
  verified(): Verified;
}
