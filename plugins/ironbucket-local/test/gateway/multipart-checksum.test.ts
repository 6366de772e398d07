import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { S3Answer } from './client.ts';
import { openSite, type Site } from './lab.ts';

const FIVE_MIB = Buffer.alloc(5 << 20, 'a');
let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
const crc = (data: Buffer): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(data));
  return bytes.toString('base64');
};

async function begin(headers: Record<string, string> = {}): Promise<string> {
  return (await site.s3({ method: 'POST', key: 'm', query: { uploads: '' }, headers })).xml('UploadId') ?? '';
}

async function part(uploadId: string, number: number, body: Buffer, headers: Record<string, string> = {}) {
  const query = { uploadId, partNumber: String(number) };
  return (await site.s3({ method: 'PUT', key: 'm', query, body, headers })).headers.etag ?? '';
}

function complete(
  uploadId: string,
  parts: readonly (readonly [etag: string, more?: string])[],
  headers: Record<string, string> = {},
): Promise<S3Answer> {
  const list = parts.map(
    ([etag, more = ''], index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag>${more}</Part>`,
  );
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  return site.s3({ method: 'POST', key: 'm', query: { uploadId }, body, headers });
}

describe('checksums of an upload', () => {
  it('of the checksums of its parts are verified, kept and shown everywhere', async () => {
    const id = await begin({ 'x-amz-checksum-algorithm': 'SHA256' });
    const bodies = [FIVE_MIB, Buffer.from('b')];
    const sums = bodies.map((body) => sha256(body));
    const etags: string[] = [];
    for (const [index, body] of bodies.entries()) {
      const headers = { 'x-amz-checksum-sha256': sums[index]?.toString('base64') ?? '' };
      etags.push(await part(id, index + 1, body, headers));
    }
    const listed = await site.s3({ key: 'm', query: { uploadId: id } });
    expect([listed.xml('ChecksumAlgorithm'), listed.xml('ChecksumType')]).toEqual(['SHA256', 'COMPOSITE']);
    expect(listed.all('ChecksumSHA256')).toEqual(sums.map((sum) => sum.toString('base64')));

    const named = etags.map(
      (etag, index) => [etag, `<ChecksumSHA256>${sums[index]?.toString('base64')}</ChecksumSHA256>`] as const,
    );
    const wrong = [
      [etags[0] ?? '', `<ChecksumSHA256>${sums[1]?.toString('base64')}</ChecksumSHA256>`],
      named[1],
    ] as const;
    expect((await complete(id, wrong as never)).xml('Code')).toBe('InvalidPart');
    const whole = `${sha256(Buffer.concat(sums)).toString('base64')}-2`;
    const other = `${sha256(FIVE_MIB).toString('base64')}-2`;
    expect((await complete(id, named, { 'x-amz-checksum-sha256': other })).xml('Code')).toBe('BadDigest');
    expect((await complete(id, named, { 'x-amz-mp-object-size': '999' })).xml('Code')).toBe('InvalidRequest');
    const done = await complete(id, named, { 'x-amz-checksum-sha256': whole, 'x-amz-mp-object-size': '5242881' });
    expect([done.status, done.xml('ChecksumSHA256'), done.xml('ChecksumType')]).toEqual([200, whole, 'COMPOSITE']);

    const head = await site.s3({ method: 'HEAD', key: 'm', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(head.headers).toMatchObject({ 'x-amz-checksum-sha256': whole, 'x-amz-checksum-type': 'COMPOSITE' });
    const attributes = 'ETag,Checksum,ObjectParts,ObjectSize,StorageClass';
    const query = { attributes: '' };
    const got = await site.s3({ key: 'm', query, headers: { 'x-amz-object-attributes': attributes } });
    expect(['ChecksumSHA256', 'ChecksumType', 'TotalPartsCount', 'ObjectSize'].map((name) => got.xml(name))).toEqual([
      whole,
      'COMPOSITE',
      '2',
      '5242881',
    ]);
    // A copy has no parts.
    const from = { 'x-amz-copy-source': `${site.path().split('/').at(-1)}/m` };
    await site.s3({ method: 'PUT', key: 'copy', headers: from });
    const copy = await site.s3({ method: 'HEAD', key: 'copy', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(copy.headers['x-amz-checksum-sha256']).toBeUndefined();
  });

  it('of all of its bytes are computed when that was asked for at the beginning', async () => {
    const id = await begin({ 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' });
    const etag = await part(id, 1, Buffer.from('abc'));
    expect((await complete(id, [[etag]], { 'x-amz-checksum-crc32': crc(Buffer.from('abd')) })).xml('Code')).toBe(
      'BadDigest',
    );
    const done = await complete(id, [[etag]]);
    expect([done.xml('ChecksumCRC32'), done.xml('ChecksumType')]).toEqual([crc(Buffer.from('abc')), 'FULL_OBJECT']);
  });

  it.each([
    [{ 'x-amz-checksum-algorithm': 'MD5' }],
    [{ 'x-amz-checksum-type': 'COMPOSITE' }],
    [{ 'x-amz-checksum-algorithm': 'SHA1', 'x-amz-checksum-type': 'FULL_OBJECT' }],
    [{ 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' }],
  ])('are refused when there are none such: %j', async (headers) => {
    const got = await site.s3({ method: 'POST', key: 'm', query: { uploads: '' }, headers });
    expect(got.xml('Code')).toBe('InvalidRequest');
  });
});

describe('an upload that is completed', () => {
  it('once more, because the answer was lost, gets the same answer for as long as its object is there', async () => {
    const id = await begin();
    const etag = await part(id, 1, Buffer.from('abc'));
    const answers = [await complete(id, [[etag]]), await complete(id, [[etag]])];
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual(
      answers.map(() => [200, answers[0]?.body.toString()]),
    );
    expect((await complete(id, [['"00000000000000000000000000000000"']])).xml('Code')).toBe('NoSuchUpload');
    await site.s3({ method: 'PUT', key: 'm', body: 'other' });
    expect((await complete(id, [[etag]])).xml('Code')).toBe('NoSuchUpload');
  });

  it('can be read part by part', async () => {
    const id = await begin();
    const etags = [await part(id, 1, FIVE_MIB), await part(id, 2, FIVE_MIB), await part(id, 3, Buffer.from('end'))];
    await complete(
      id,
      etags.map((etag) => [etag] as const),
    );
    const read = (partNumber: string, method = 'GET') => site.s3({ method, key: 'm', query: { partNumber } });
    const third = await read('3');
    expect([third.status, third.body.toString()]).toEqual([206, 'end']);
    expect(third.headers).toMatchObject({
      'content-range': 'bytes 10485760-10485762/10485763',
      'x-amz-mp-parts-count': '3',
    });
    expect((await read('2', 'HEAD')).headers['content-length']).toBe(String(FIVE_MIB.length));
    expect(await read('4')).toMatchObject({ status: 416, headers: { 'x-amz-error-code': 'InvalidPartNumber' } });
    expect(await read('0')).toMatchObject({ status: 400 });
    await site.s3({ method: 'PUT', key: 'm', body: 'plain' });
    expect((await read('1')).body.toString()).toBe('plain');
    expect((await read('2')).status).toBe(416);
  });
});
