import { S3Error } from '../../../../src/s3/s3-error.ts';

/** Takes the framing off a body, whatever the boundaries between the buffers in which it comes. */
export interface Decoder {
  /** The data in the next piece, as views of it. @throws S3Error */
  push(piece: Buffer): Iterable<Buffer>;
  /** Nothing follows. Returns the trailing headers. @throws S3Error */
  end(): ReadonlyMap<string, string>;
}

/** For a body without framing. */
export const plainDecoder: Decoder = {
  push: (piece) => [piece],
  end: () => new Map(),
};

export function incompleteBody(message?: string, cause?: unknown): S3Error {
  return new S3Error('IncompleteBody', { message, cause });
}
