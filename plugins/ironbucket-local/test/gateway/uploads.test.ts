import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, MIB, openSite, type Site } from './lab.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

type Answer = Awaited<ReturnType<Site['s3']>>;

async function begin(key: string, headers: Record<string, string> = {}): Promise<string> {
  return (await site.s3({ method: 'POST', key, query: { uploads: '' }, headers })).xml('UploadId') ?? '';
}

function part(key: string, uploadId: string, number: number, body: Buffer | string): Promise<Answer> {
  return site.s3({ method: 'PUT', key, query: { partNumber: String(number), uploadId }, body });
}

function complete(key: string, uploadId: string, etags: readonly string[], headers = {}): Promise<Answer> {
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  return site.s3({ method: 'POST', key, query: { uploadId }, body, headers });
}

describe('an upload in parts', () => {
  const large = Buffer.alloc(5 * MIB, 'part ');

  it('survives a restart, and becomes what its parts say', async () => {
    const uploadId = await begin('a/b', { 'content-type': 'text/plain', 'x-amz-meta-colour': 'blue' });
    const one = await part('a/b', uploadId, 1, large);
    site = await site.restart();
    const two = await part('a/b', uploadId, 2, 'the end');
    const listed = await site.s3({ key: 'a/b', query: { uploadId } });
    expect([listed.all('PartNumber'), listed.all('Size')]).toEqual([
      ['1', '2'],
      [String(5 * MIB), '7'],
    ]);
    const paged = await site.s3({ key: 'a/b', query: { uploadId, 'max-parts': '1' } });
    expect([paged.all('PartNumber'), paged.xml('NextPartNumberMarker')]).toEqual([['1'], '1']);
    const rest = await site.s3({ key: 'a/b', query: { uploadId, 'part-number-marker': '1' } });
    expect([rest.all('PartNumber'), rest.xml('IsTruncated')]).toEqual([['2'], 'false']);
    const whole = Buffer.concat([large, Buffer.from('the end')]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(whole));
    const etags = [one.headers.etag ?? '', two.headers.etag ?? ''];
    const wrong = await complete('a/b', uploadId, etags, { 'x-amz-checksum-crc32': 'AAAAAA==' });
    expect(wrong).toMatchObject({ status: 400, headers: { 'x-amz-error-code': 'BadDigest' } });
    const checksum = sum.toString('base64');
    expect(await complete('a/b', uploadId, etags, { 'x-amz-checksum-crc32': checksum })).toMatchObject({ status: 200 });
    const got = await site.s3({ key: 'a/b', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(got.body.equals(whole)).toBe(true);
    const md5s = [large, 'the end'].map((bytes) => createHash('md5').update(bytes).digest());
    expect(got.headers).toMatchObject({
      etag: `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`,
      'content-type': 'text/plain',
      'x-amz-meta-colour': 'blue',
      'x-amz-checksum-crc32': checksum,
    });
  });

  it('takes parts of other objects', async () => {
    await site.s3({ method: 'PUT', key: 'source', body: '0123456789' });
    const uploadId = await begin('x');
    const copy = (headers: Record<string, string>): Promise<Answer> => {
      const source = { 'x-amz-copy-source': `${ACCOUNT}/source`, ...headers };
      return site.s3({ method: 'PUT', key: 'x', query: { partNumber: '1', uploadId }, headers: source });
    };
    expect(await copy({ 'x-amz-copy-source-range': 'bytes=0-10' })).toMatchObject({ status: 416 });
    expect(await copy({ 'x-amz-copy-source-range': 'bytes=5-' })).toMatchObject({ status: 400 });
    const copied = await copy({ 'x-amz-copy-source-range': 'bytes=2-5' });
    expect(copied.status).toBe(200);
    const etag = createHash('md5').update('2345').digest('hex');
    expect(copied.xml('ETag')).toBe(`&#34;${etag}&#34;`);
    expect(await complete('x', uploadId, [etag])).toMatchObject({ status: 200 });
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('2345');
  });

  it('is listed while it is open', async () => {
    const [b, a] = [await begin('b'), await begin('a')];
    const all = await site.s3({ query: { uploads: '' } });
    expect([all.all('Key'), all.all('UploadId')]).toEqual([
      ['a', 'b'],
      [a, b],
    ]);
    const first = await site.s3({ query: { uploads: '', 'max-uploads': '1' } });
    expect([first.xml('NextKeyMarker'), first.xml('NextUploadIdMarker'), first.xml('IsTruncated')]).toEqual([
      'a',
      a,
      'true',
    ]);
    const next = { uploads: '', 'key-marker': 'a', 'upload-id-marker': a };
    expect((await site.s3({ query: next })).all('Key')).toEqual(['b']);
    expect((await site.s3({ query: { uploads: '', prefix: 'b' } })).all('Key')).toEqual(['b']);
    expect(await site.s3({ method: 'DELETE', key: 'a', query: { uploadId: a } })).toMatchObject({ status: 204 });
    expect((await site.s3({ query: { uploads: '' } })).all('Key')).toEqual(['b']);
  });

  it.each(['0', '10001', 'x', ''])('has no part %j', async (partNumber) => {
    const uploadId = await begin('x');
    const got = await site.s3({ method: 'PUT', key: 'x', query: { partNumber, uploadId }, body: 'x' });
    expect(got).toMatchObject({ status: 400, headers: { 'x-amz-error-code': 'InvalidArgument' } });
  });

  it.each(['none', '../../x', ''])('that does not exist is 404: %j', async (uploadId) => {
    const missing = { status: 404, headers: { 'x-amz-error-code': 'NoSuchUpload' } };
    expect(await part('x', uploadId, 1, 'x')).toMatchObject(missing);
    expect(await complete('x', uploadId, ['x'])).toMatchObject(missing);
    expect(await site.s3({ method: 'DELETE', key: 'x', query: { uploadId } })).toMatchObject(missing);
    expect(await site.s3({ key: 'x', query: { uploadId } })).toMatchObject(missing);
  });

  it('is completed under a condition', async () => {
    const uploadId = await begin('x');
    const { headers } = await part('x', uploadId, 1, 'new');
    await site.s3({ method: 'PUT', key: 'x', body: 'old' });
    const etags = [headers.etag ?? ''];
    expect(await complete('x', uploadId, etags, { 'if-none-match': '*' })).toMatchObject({ status: 412 });
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('old');
    expect(await complete('x', uploadId, etags, { 'if-match': '*' })).toMatchObject({ status: 200 });
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('new');
  });
});
