import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from '../../apply.ts';
import { nodeFiles } from '../../objects/files.ts';
import { ACCOUNT, MIB, openSite, type Site, staged, waitFor } from './lab.ts';

let site: Site;
afterEach(() => site.close());

const signal = new AbortController().signal;
const exceeded = { status: 507, headers: { 'x-amz-error-code': 'QuotaExceeded' } };

async function limit(bytes: bigint | null): Promise<void> {
  const from = { bytes: null, objects: null };
  const action = { account: ACCOUNT, resource: ACCOUNT.slice(-8).repeat(4), kind: 'set-quota' as const };
  await apply(site.deps, { ...action, from, to: { bytes, objects: null } }, signal);
}

/** Both after the last flush. */
async function usage(): Promise<{ bytes: bigint; objects: bigint }> {
  await site.stop();
  const { file, scan } = await site.counted();
  expect(file).toEqual(scan);
  return scan;
}

describe('the quota of a bucket', () => {
  beforeEach(async () => {
    site = await openSite({ limit: 100n });
  });

  it('is on every answer about it', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'hello' });
    const usageOf = { 'x-amz-bucket-usage': '5', 'x-amz-bucket-quota': '100', 'x-amz-bucket-objects': '1' };
    for (const request of [{}, { key: 'x' }, { method: 'HEAD', key: 'x' }, { key: 'none' }, { method: 'HEAD' }]) {
      expect((await site.s3(request)).headers).toMatchObject(usageOf);
    }
  });

  it('counts what is there: overwriting 10 bytes with 4 leaves 4 and one object [defect 1]', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: '0123456789' });
    const { headers } = await site.s3({ method: 'PUT', key: 'x', body: '0123' });
    expect(headers).toMatchObject({ 'x-amz-bucket-usage': '4', 'x-amz-bucket-objects': '1' });
    expect(await usage()).toEqual({ bytes: 4n, objects: 1n });
  });

  it('refuses what does not fit, says so in the words of S3, and is exact', async () => {
    const got = await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(101) });
    expect(got).toMatchObject(exceeded);
    expect([got.xml('Code'), got.xml('Message')]).toEqual(['QuotaExceeded', 'Bucket quota exceeded']);
    expect(got.headers).toMatchObject({ 'x-amz-bucket-usage': '0', 'x-amz-bucket-quota': '100' });
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(100) })).toMatchObject({ status: 200 });
    expect(await site.s3({ method: 'PUT', key: 'y', body: 'y' })).toMatchObject(exceeded);
    expect(await site.s3({ method: 'PUT', key: 'empty' })).toMatchObject({ status: 200 });
    // Less in the place of more always fits, also above the limit.
    await limit(10n);
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(50) })).toMatchObject({ status: 200 });
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(51) })).toMatchObject(exceeded);
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 200 });
    expect(await usage()).toEqual({ bytes: 50n, objects: 2n });
  });

  it('is 0 when nothing is allowed', async () => {
    await limit(0n);
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x' })).toMatchObject(exceeded);
    expect(await site.s3({ method: 'PUT', key: 'x' })).toMatchObject({ status: 200 });
  });

  it('refuses a copy that does not fit [defect 8]', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(60) });
    const copy = (key: string): ReturnType<typeof site.s3> =>
      site.s3({ method: 'PUT', key, headers: { 'x-amz-copy-source': `${ACCOUNT}/x` } });
    expect(await copy('y')).toMatchObject(exceeded);
    await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(50) });
    expect(await copy('y')).toMatchObject({ status: 200 });
    expect(await usage()).toEqual({ bytes: 100n, objects: 2n });
  });

  it('bounds a body whose length no one told', async () => {
    const chunks = async function* (count: number): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < count; index++) yield Buffer.from('x'.repeat(10));
    };
    const put = (count: number): ReturnType<typeof site.s3> =>
      site.s3({ method: 'PUT', key: 'x', chunks: chunks(count), headers: { 'transfer-encoding': 'chunked' } });
    expect(await put(10)).toMatchObject({ status: 200 });
    expect(await put(11)).toMatchObject(exceeded);
    expect((await site.s3({ key: 'x' })).body).toHaveLength(100);
    expect(await staged(site)).toEqual([]);
    expect(await usage()).toEqual({ bytes: 100n, objects: 1n });
  });

  it('counts an aws-chunked upload without its framing [defect 10]', async () => {
    const data = 'x'.repeat(90);
    const body = `5a\r\n${data}\r\n0\r\n\r\n`;
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': '90',
      'content-encoding': 'aws-chunked',
    };
    const put = (key: string, checksum: string): ReturnType<typeof site.s3> => {
      const framed = body.replace('0\r\n\r\n', `0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`);
      return site.s3({ method: 'PUT', key, body: framed, headers });
    };
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(data));
    const checksum = sum.toString('base64');
    expect(await put('bad', 'AAAAAA==')).toMatchObject({ status: 400, headers: { 'x-amz-error-code': 'BadDigest' } });
    expect(await put('x', checksum)).toMatchObject({ status: 200, headers: { 'x-amz-checksum-crc32': checksum } });
    const got = await site.s3({ key: 'x', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(got.headers['content-encoding']).toBeUndefined();
    expect(got.headers['x-amz-checksum-crc32']).toBe(checksum);
    expect(await usage()).toEqual({ bytes: 90n, objects: 1n });
  });

  it('is not changed by deleting what is not there [defect 24]', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'hello' });
    await site.s3({ method: 'DELETE', key: 'none' });
    await site.s3({ method: 'DELETE', key: 'dir/' });
    const stats = await site.s3({ query: { stats: '' } });
    expect(JSON.parse(stats.body.toString())).toMatchObject({ put_count: 1, delete_count: 0, total_operations: 1 });
    expect(await usage()).toEqual({ bytes: 5n, objects: 1n });
  });

  it('never lets an upload through unchecked when its file cannot be read [defect 5]', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(90) });
    await site.stop();
    await writeFile(site.path('.quota'), 'not JSON');
    site = await site.restart({ bucket_quota_bytes: 100 });
    expect(await site.s3({ method: 'PUT', key: 'y', body: 'y'.repeat(20) })).toMatchObject(exceeded);
    expect(await site.s3({ method: 'PUT', key: 'y', body: 'y'.repeat(10) })).toMatchObject({ status: 200 });
  });

  it('has an answer of its own', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(25) });
    const got = await site.s3({ query: { quota: '' } });
    expect(got.headers['content-type']).toBe('application/json');
    expect(JSON.parse(got.body.toString())).toEqual({
      max_size_bytes: 100,
      current_usage_bytes: 25,
      object_count: 1,
      last_updated: expect.stringMatching(/Z$/),
      usage_percentage: 25,
    });
  });
});

describe('after a crash', () => {
  it('what is used is counted without a request for it', async () => {
    site = await openSite();
    await site.s3({ method: 'PUT', key: 'a', body: 'twelve bytes' });
    await site.stop();
    const text = await readFile(site.path('.quota'), 'utf8');
    await writeFile(site.path('.quota'), text.replace('"current_usage_bytes": 12', '"current_usage_bytes": 0'));
    await writeFile(site.path('.quota.dirty'), '');
    site = await site.restart();
    await waitFor(async () => (await site.counted()).file.bytes === 12n);
    const answer = (await site.s3({ query: { quota: '' } })).body.toString();
    expect(answer).toContain('"current_usage_bytes": 12');
    expect(answer).not.toContain('approximate');
  });
});

describe('many uploads at once', () => {
  it('into a bucket with room for ten: ten succeed, the rest is 507 [defect 2]', async () => {
    site = await openSite({ limit: BigInt(10 * MIB) });
    const body = Buffer.alloc(MIB, 'x');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => site.s3({ method: 'PUT', key: `k${index}`, body })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 507)).toHaveLength(90);
    expect(await usage()).toEqual({ bytes: BigInt(10 * MIB), objects: 10n });
  });
});

describe('parts', () => {
  it('count against the limit while they are open, once when they are completed, not when they are aborted', async () => {
    site = await openSite({ limit: 100n });
    const begin = async (key: string): Promise<string> =>
      (await site.s3({ method: 'POST', key, query: { uploads: '' } })).xml('UploadId') ?? '';
    const part = (key: string, uploadId: string, size: number): ReturnType<typeof site.s3> =>
      site.s3({ method: 'PUT', key, query: { partNumber: '1', uploadId }, body: 'x'.repeat(size) });
    const [a, b] = [await begin('a'), await begin('b')];
    const first = await part('a', a, 60);
    expect(first).toMatchObject({ status: 200 });
    expect(await part('b', b, 50)).toMatchObject(exceeded);
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(50) })).toMatchObject(exceeded);
    expect(await part('b', b, 40)).toMatchObject({ status: 200 });
    // Reserved across a restart.
    site = await site.restart();
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x' })).toMatchObject(exceeded);
    expect(await site.s3({ method: 'DELETE', key: 'b', query: { uploadId: b } })).toMatchObject({ status: 204 });
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(40) })).toMatchObject({ status: 200 });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${first.headers.etag ?? ''}</ETag></Part></CompleteMultipartUpload>`;
    const completed = await site.s3({ method: 'POST', key: 'a', query: { uploadId: a }, body });
    expect(completed).toMatchObject({ status: 200, headers: { 'x-amz-bucket-usage': '100' } });
    const stats = await site.s3({ query: { stats: '' } });
    expect(JSON.parse(stats.body.toString())).toMatchObject({ multipart_count: 1 });
    expect(await usage()).toEqual({ bytes: 100n, objects: 2n });
    expect(await readdir(site.path('.multipart'))).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is 507, leaves no half object, and what is counted equals the disk [defect 28]', async () => {
    const real = nodeFiles({ fsync: false });
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const files = {
      ...real,
      create: async (path: string) => {
        const file = await real.create(path);
        const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
          if (chunks.some(({ length }) => length > 500)) throw full;
          await file.write(chunks);
        };
        return { ...file, write };
      },
    };
    site = await openSite({ storage: { files } });
    await site.s3({ method: 'PUT', key: 'x', body: 'small' });
    const got = await site.s3({ method: 'PUT', key: 'x', body: 'x'.repeat(100_000) });
    expect(got).toMatchObject({ status: 507, headers: { 'x-amz-error-code': 'InsufficientStorage' } });
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('small');
    expect(await staged(site)).toEqual([]);
    expect(await usage()).toEqual({ bytes: 5n, objects: 1n });
  });

  it('or one that fails when an object is removed does not make its size a guess [defect 22]', async () => {
    const real = nodeFiles({ fsync: false });
    let failing = false;
    const remove = async (path: string): Promise<boolean> => {
      const removed = await real.remove(path);
      if (failing) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      return removed;
    };
    site = await openSite({ storage: { files: { ...real, remove } } });
    await site.s3({ method: 'PUT', key: 'x', body: 'hello' });
    failing = true;
    expect(await site.s3({ method: 'DELETE', key: 'x' })).toMatchObject({ status: 500 });
    failing = false;
    await waitFor(async () => (await site.s3({})).headers['x-amz-bucket-usage'] === '0');
    expect(await usage()).toEqual({ bytes: 0n, objects: 0n });
  });
});

describe('statistics', () => {
  beforeEach(async () => {
    site = await openSite();
  });

  it('show an operation right after it [defect 12]', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'x', body: 'hello' });
    await s3({ key: 'x' });
    await s3({ key: 'x' });
    await s3({ key: 'none' });
    await s3({ method: 'HEAD', key: 'x' });
    await s3({});
    await s3({ method: 'DELETE', key: 'x' });
    const counts = { get_count: 2, put_count: 1, delete_count: 1, list_count: 1, head_count: 1, multipart_count: 0 };
    const answer = { bucket: ACCOUNT, month: 'current', ...counts, total_operations: 6 };
    expect(JSON.parse((await s3({ query: { stats: '' } })).body.toString())).toEqual(answer);
    await site.stop();
    const [month = ''] = await readdir(site.path('.stats'));
    expect(month).toMatch(/^\d{4}-\d{2}\.json$/);
    expect(JSON.parse(await readFile(site.path('.stats', month), 'utf8'))).toMatchObject(counts);
    site = await site.restart();
    const query = { stats: '', month: month.slice(0, 7) };
    const later = JSON.parse((await site.s3({ query })).body.toString()) as unknown;
    expect(later).toEqual({ ...answer, month: month.slice(0, 7) });
  });

  it('of a month without a file are zeros', async () => {
    const got = await site.s3({ query: { stats: '', month: '2020-01' } });
    expect(JSON.parse(got.body.toString())).toMatchObject({ month: '2020-01', get_count: 0, total_operations: 0 });
  });

  it.each(['../../x', '2025-13', '', '2025-1', '2025-01/..', '2025-01.json'])(
    'refuse the month %j [defect 16]',
    async (month) => {
      const before = (await readdir(site.root, { recursive: true })).sort();
      const got = await site.s3({ query: { stats: '', month } });
      expect(got).toMatchObject({ status: 400, headers: { 'x-amz-error-code': 'InvalidArgument' } });
      expect((await readdir(site.root, { recursive: true })).sort()).toEqual(before);
    },
  );

  it('are not written while nothing happens', async () => {
    await site.s3({ key: 'none' });
    await expect(stat(site.path('.stats'))).rejects.toThrow();
  });
});
