import { createHash } from 'node:crypto';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { CHECKSUM_PREFIX, createDigest, readChecksum } from './checksum.ts';
import { incompleteBody } from './decoder.ts';
import type { Expected } from './expected.ts';
import type { Checksum, Verified } from './types.ts';

/** Every hash of a body in one pass, and the comparison with what was expected. */
export interface Proof {
  update(data: Buffer): void;
  /** @param trailers the trailing headers. @throws S3Error when the body is not what was expected */
  conclude(trailers: ReadonlyMap<string, string>): Verified;
}

export function createProof({ length, sha256, md5, checksum }: Expected): Proof {
  const md5Hash = createHash('md5');
  const sha256Hash = sha256 === undefined ? undefined : createHash('sha256');
  const digest = checksum && createDigest(checksum.algorithm);
  let bytes = 0;

  function requireMd5(computed: Buffer): void {
    const value = computed.toString('base64');
    if (md5 === undefined || md5 === value) return;
    throw new S3Error('BadDigest', { fields: { ExpectedDigest: md5, CalculatedDigest: value } });
  }

  function requireSha256(): void {
    const value = sha256Hash?.digest('hex');
    if (sha256 === undefined || value === undefined || sha256 === value) return;
    const fields = { ClientComputedContentSHA256: sha256, S3ComputedContentSHA256: value };
    throw new S3Error('XAmzContentSHA256Mismatch', { fields });
  }

  function requireChecksum(trailers: ReadonlyMap<string, string>): Checksum | undefined {
    if (checksum === undefined || digest === undefined) return undefined;
    const { algorithm } = checksum;
    const name = CHECKSUM_PREFIX + algorithm;
    const { value } = readChecksum(name, checksum.value ?? trailers.get(name) ?? '');
    if (digest.digest().toString('base64') === value) return { algorithm, value };
    const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
    throw new S3Error('BadDigest', { message });
  }

  return {
    update: (data) => {
      bytes += data.length;
      md5Hash.update(data);
      sha256Hash?.update(data);
      digest?.update(data);
    },
    conclude: (trailers) => {
      if (length !== undefined && bytes !== length) throw incompleteBody();
      requireSha256();
      const etag = md5Hash.digest();
      requireMd5(etag);
      return { bytes, md5: etag.toString('hex'), checksum: requireChecksum(trailers) };
    },
  };
}
