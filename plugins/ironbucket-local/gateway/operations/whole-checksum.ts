import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import type { Description } from '../../objects/sidecar.ts';
import type { Part, Upload } from '../../objects/upload-file.ts';
import { CHECKSUM_PREFIX, checksumAlgorithm, createDigest, readChecksum } from '../body/checksum.ts';
import type { Checksum, ChecksumAlgorithm } from '../body/types.ts';

/** The checksum of an object that is made of parts. */
export interface WholeChecksum {
  look(chunk: Uint8Array): void;
  /** @throws S3Error `BadDigest` when it is not what the client announced */
  describe(parts: readonly Part[]): Partial<Description>;
}

/**
 * Of the bytes (`FULL_OBJECT`), or of the checksums of the parts (`COMPOSITE`). What was said when the upload was begun
 * decides, and otherwise what the client announces. Source: "Checking object integrity" of the S3 user guide.
 */
export function wholeChecksum(head: RequestHead, { described }: Upload): WholeChecksum {
  const announced = announcedWhole(head);
  const algorithm = checksumAlgorithm(CHECKSUM_PREFIX + (described.checksumAlgorithm ?? '')) ?? announced?.algorithm;
  const type = described.checksumType ?? (announced?.value.includes('-') === true ? 'COMPOSITE' : 'FULL_OBJECT');
  const digest = algorithm !== undefined && type === 'FULL_OBJECT' ? createDigest(algorithm) : undefined;
  return {
    look: (chunk) => digest?.update(chunk),
    describe: (parts) => {
      if (algorithm === undefined) return {};
      const value = digest?.digest().toString('base64') ?? composite(algorithm, parts);
      if (announced !== undefined && (announced.algorithm !== algorithm || announced.value !== value)) {
        throw new S3Error('BadDigest');
      }
      return { checksums: value === undefined ? undefined : { [algorithm]: value }, checksumType: type };
    },
  };
}

/** Undefined when a part has none. */
function composite(algorithm: ChecksumAlgorithm, parts: readonly Part[]): string | undefined {
  const digest = createDigest(algorithm);
  for (const { checksum } of parts) {
    if (checksum?.algorithm !== algorithm) return undefined;
    digest.update(Buffer.from(checksum.value, 'base64'));
  }
  return `${digest.digest().toString('base64')}-${parts.length}`;
}

/** As in a header of a body, or with a dash and the number of parts behind it. */
function announcedWhole(head: RequestHead): Checksum | undefined {
  const names = [...head.headers.keys()].filter((name) => checksumAlgorithm(name) !== undefined);
  const [name, another] = names;
  if (name === undefined) return undefined;
  if (another !== undefined) {
    throw new S3Error('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header.' });
  }
  const [, value = '', parts = ''] = /^([^-]*)(-\d{1,5})?$/.exec(header(head, name) ?? '') ?? [];
  const checksum = readChecksum(name, value);
  return { ...checksum, value: checksum.value + parts };
}

/** What the headers of CreateMultipartUpload say of checksums. @throws S3Error `InvalidRequest` */
export function uploadChecksum(head: RequestHead): Pick<Description, 'checksumAlgorithm' | 'checksumType'> {
  const named = header(head, `${CHECKSUM_PREFIX}algorithm`);
  const type = header(head, `${CHECKSUM_PREFIX}type`);
  if (named === undefined) {
    if (type === undefined) return {};
    throw new S3Error('InvalidRequest', { message: 'x-amz-checksum-type needs x-amz-checksum-algorithm.' });
  }
  const algorithm = checksumAlgorithm(CHECKSUM_PREFIX + named.toLowerCase());
  if (algorithm === undefined || !(type === undefined || TYPES.has(type))) {
    throw new S3Error('InvalidRequest', { message: 'Checksum algorithm or type provided is unsupported.' });
  }
  const isWhole = algorithm === 'crc64nvme';
  if ((isWhole && type === 'COMPOSITE') || (algorithm.startsWith('sha') && type === 'FULL_OBJECT')) {
    throw new S3Error('InvalidRequest', { message: `The ${type} checksum type cannot be used with ${named}.` });
  }
  return { checksumAlgorithm: algorithm, checksumType: type ?? (isWhole ? 'FULL_OBJECT' : 'COMPOSITE') };
}

const TYPES: ReadonlySet<string> = new Set(['COMPOSITE', 'FULL_OBJECT']);
