import { S3Error } from '../../../../src/s3/s3-error.ts';

/** The data in the frames of `aws-chunked`; their signatures are not checked, that of the request was. */
export function unframe(framed: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = framed.indexOf('\r\n', at);
    const size = Number.parseInt(framed.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !Number.isSafeInteger(size)) throw new S3Error('IncompleteBody');
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(framed.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
