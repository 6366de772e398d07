import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { head, refusal } from '../../../../test/s3/fixtures.ts';
import { announcedChecksum, createDigest, isBase64 } from '../../gateway/body/checksum.ts';
import type { ChecksumAlgorithm } from '../../gateway/body/types.ts';

const digest = (algorithm: ChecksumAlgorithm, ...pieces: readonly Uint8Array[]): Buffer => {
  const running = createDigest(algorithm);
  for (const piece of pieces) running.update(piece);
  return running.digest();
};
const text = (value: string): Buffer => Buffer.from(value);

describe('checksums', () => {
  // The catalogue of parametrised CRC algorithms has a check value for `123456789`; the SHAs are of FIPS 180.
  it.each([
    ['crc32', 'cbf43926'],
    ['crc32c', 'e3069283'],
    ['crc64nvme', 'ae8b14860a799888'],
    ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of 123456789', (algorithm, value) => {
    expect(digest(algorithm, text('123456789')).toString('hex')).toBe(value);
  });

  // RFC 3720, appendix B.4.
  it.each([
    ['32 zeros', Buffer.alloc(32), '8a9136aa'],
    ['32 ones', Buffer.alloc(32, 0xff), '62a8ab43'],
    ['ascending', Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), '46dd794e'],
    ['descending', Buffer.from(Array.from({ length: 32 }, (_, byte) => 31 - byte)), '113fdb5c'],
  ])('crc32c of %s', (_, data, value) => {
    expect(digest('crc32c', data).toString('hex')).toBe(value);
  });

  // The NVM Express command set specification, "64b CRC test cases".
  it.each([
    ['4 KiB of zeros', Buffer.alloc(4096), '6482d367eb22b64e'],
    ['4 KiB of ones', Buffer.alloc(4096, 0xff), 'c0ddba7302eca3ac'],
  ])('crc64nvme of %s', (_, data, value) => {
    expect(digest('crc64nvme', data).toString('hex')).toBe(value);
  });

  it('of nothing', () => {
    expect(digest('crc32').toString('hex')).toBe('00000000');
    expect(digest('crc32c').toString('hex')).toBe('00000000');
    expect(digest('crc64nvme').toString('hex')).toBe('0000000000000000');
  });

  it.each([
    ['crc32c', 32, 0x82f63b78n],
    ['crc64nvme', 64, 0x9a6c9329ac4bc9b5n],
  ] as const)(
    '%s is the remainder of a division bit by bit, at any alignment and in any pieces',
    (algorithm, size, poly) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), fc.nat(100), (bytes, offset, cut) => {
          const buffer = Buffer.alloc(bytes.length + offset);
          buffer.set(bytes, offset);
          const data = buffer.subarray(offset);
          const expected = bitwise(data, size, poly);
          expect(toNumber(digest(algorithm, data))).toBe(expected);
          expect(toNumber(digest(algorithm, data.subarray(0, cut), data.subarray(cut)))).toBe(expected);
        }),
      );
    },
  );

  it('crc32 is that of zlib', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(digest('crc32', a, b).readUInt32BE()).toBe(crc32(Buffer.concat([a, b])));
      }),
    );
  });
});

describe('announcedChecksum', () => {
  const announced = (headers: Readonly<Record<string, string>>) => announcedChecksum(head('PUT', '/b/k', headers));

  it('is the one header, and nothing that only speaks of checksums', () => {
    const about = {
      'x-amz-checksum-algorithm': 'CRC32',
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-checksum-mode': 'ENABLED',
    };
    expect(announced(about)).toBeUndefined();
    expect(announced({ ...about, 'x-amz-checksum-crc32c': 'sOO8/Q==' })).toEqual({
      algorithm: 'crc32c',
      value: 'sOO8/Q==',
    });
  });

  it.each([
    [{ 'x-amz-checksum-crc32': 'AAAA' }],
    [{ 'x-amz-checksum-crc32': 'AAAAAB==' }],
    [{ 'x-amz-checksum-crc64nvme': 'AAAAAA==' }],
    [{ 'x-amz-checksum-sha256': '' }],
    [{ 'x-amz-checksum-xxhash': 'AAAAAA==' }],
    [{ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }],
  ])('refuses %j', (headers) => {
    expect(refusal(() => announced(headers as Record<string, string>)).code).toBe('InvalidRequest');
  });

  it('has one form of base64', () => {
    expect(isBase64('sOO8/Q==', 4)).toBe(true);
    for (const other of ['sOO8_Q==', 'sOO8/Q', ' sOO8/Q==', 'sOO8/R==']) expect(isBase64(other, 4)).toBe(false);
  });
});

function bitwise(data: Uint8Array, size: 32 | 64, polynomial: bigint): bigint {
  const ones = (1n << BigInt(size)) - 1n;
  let crc = ones;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return crc ^ ones;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}
