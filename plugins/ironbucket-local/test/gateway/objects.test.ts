import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, OTHER, openSite, type Site } from './lab.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(() => site.close());

describe('an object', () => {
  it('comes back as it was put, with all that was said about it', async () => {
    const { s3 } = site;
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment',
      'content-encoding': 'gzip',
      'content-language': 'de',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
      'x-amz-meta-colour': 'blue',
      'x-amz-meta-umlaut': Buffer.from('größe').toString('latin1'),
    };
    const put = await s3({ method: 'PUT', key: 'a/b c+ü.txt', body: 'hello', headers });
    const etag = `"${createHash('md5').update('hello').digest('hex')}"`;
    expect(put).toMatchObject({ status: 200, headers: { etag } });
    const got = await s3({ key: 'a/b c+ü.txt' });
    expect(got).toMatchObject({ status: 200, headers: { ...headers, etag, 'content-length': '5' } });
    expect(got.body.toString()).toBe('hello');
    expect(Date.parse(got.headers['last-modified'] ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const head = await s3({ method: 'HEAD', key: 'a/b c+ü.txt' });
    expect(head).toMatchObject({ status: 200, headers: { ...headers, etag, 'content-length': '5' } });
    expect(head.body).toHaveLength(0);
  });

  it('says something else about itself when a signed request wants that', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'x', body: 'hello' });
    const query = { 'response-content-type': 'text/csv', 'response-cache-control': 'no-store' };
    const headers = { 'content-type': 'text/csv', 'cache-control': 'no-store' };
    expect(await s3({ key: 'x', query })).toMatchObject({ status: 200, headers });
    expect((await s3({ key: 'x' })).headers['content-type']).toBe('binary/octet-stream');
  });

  it('that is not there is 404, and deleting it 204', async () => {
    const { s3 } = site;
    expect(await s3({ key: 'none' })).toMatchObject({ status: 404, headers: { 'x-amz-error-code': 'NoSuchKey' } });
    const head = await s3({ method: 'HEAD', key: 'none' });
    expect(head).toMatchObject({ status: 404, headers: { 'x-amz-error-code': 'NoSuchKey' } });
    expect(head.body).toHaveLength(0);
    expect(await s3({ method: 'DELETE', key: 'none' })).toMatchObject({ status: 204 });
  });

  it.each([
    ['bytes=0-0', 206, 'h', 'bytes 0-0/5'],
    ['bytes=1-3', 206, 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 206, 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 206, 'lo', 'bytes 3-4/5'],
    ['bytes=-99', 206, 'hello', 'bytes 0-4/5'],
    ['bytes=0-99', 206, 'hello', 'bytes 0-4/5'],
    ['bytes=3-1', 200, 'hello', undefined],
    ['bytes=0-1,3-4', 200, 'hello', undefined],
    ['lines=1-2', 200, 'hello', undefined],
  ])('in the range %s is %d', async (range, status, body, contentRange) => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'x', body: 'hello' });
    const got = await s3({ key: 'x', headers: { range } });
    expect(got.status).toBe(status);
    expect(got.body.toString()).toBe(body);
    expect(got.headers['content-range']).toBe(contentRange);
    expect((await s3({ method: 'HEAD', key: 'x', headers: { range } })).headers).toMatchObject({
      'content-length': String(body.length),
    });
  });

  it.each(['bytes=5-', 'bytes=9-12', 'bytes=-0'])('has nothing in the range %s', async (range) => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'x', body: 'hello' });
    const got = await s3({ key: 'x', headers: { range } });
    expect(got).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */5' } });
    expect(got.xml('Code')).toBe('InvalidRange');
  });

  it.each<[Record<string, string>, number]>([
    [{ 'if-match': 'ETAG' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"a", ETAG' }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-none-match': 'ETAG' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': 'PAST' }, 200],
    [{ 'if-modified-since': 'FUTURE' }, 304],
    [{ 'if-unmodified-since': 'PAST' }, 412],
    [{ 'if-unmodified-since': 'FUTURE' }, 200],
    [{ 'if-modified-since': 'no date' }, 200],
    // The ETag wins.
    [{ 'if-match': 'ETAG', 'if-unmodified-since': 'PAST' }, 200],
    [{ 'if-none-match': 'ETAG', 'if-modified-since': 'PAST' }, 304],
    [{ 'if-none-match': '"other"', 'if-modified-since': 'FUTURE' }, 200],
  ])('read under the condition %j is %d', async (conditions, status) => {
    const { s3 } = site;
    const { etag = '' } = (await s3({ method: 'PUT', key: 'x', body: 'hello' })).headers;
    const values = {
      ETAG: etag,
      PAST: 'Thu, 01 Jan 2015 00:00:00 GMT',
      FUTURE: new Date(Date.now() + 86_400_000).toUTCString(),
    };
    const headers = Object.fromEntries(
      Object.entries(conditions).map(([name, value]) => [
        name,
        value.replace(/ETAG|PAST|FUTURE/, (word) => (values as Record<string, string>)[word] ?? word),
      ]),
    );
    for (const method of ['GET', 'HEAD']) {
      const got = await s3({ method, key: 'x', headers });
      expect(got.status).toBe(status);
      if (status === 304) expect(got.headers.etag).toBe(etag);
      if (status === 304 || method === 'HEAD') expect(got.body).toHaveLength(0);
    }
  });

  it('is written under a condition, of many at once by one', async () => {
    const { s3 } = site;
    const put = (headers: Record<string, string>, body = 'x'): Promise<{ status: number }> =>
      s3({ method: 'PUT', key: 'x', body, headers });
    const first = await Promise.all(
      Array.from({ length: 8 }, (_, index) => put({ 'if-none-match': '*' }, String(index))),
    );
    const statuses = first.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    expect(await put({ 'if-match': '"other"' })).toMatchObject({ status: 412 });
    const { etag = '' } = (await s3({ method: 'HEAD', key: 'x' })).headers;
    expect(await put({ 'if-match': etag })).toMatchObject({ status: 200 });
    expect(await put({ 'if-none-match': etag })).toMatchObject({ status: 501 });
    expect(await s3({ method: 'DELETE', key: 'x', headers: { 'if-match': etag } })).toMatchObject({ status: 412 });
  });

  it('is deleted only when the conditions hold, one by one and many at once', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'keep', body: 'precious' });
    const { etag = '', 'last-modified': modified = '' } = (await s3({ method: 'HEAD', key: 'keep' })).headers;
    const remove = async (headers: Record<string, string>): Promise<number> =>
      (await s3({ method: 'DELETE', key: 'keep', headers })).status;
    expect(await remove({ 'if-match': '"other"' })).toBe(412);
    expect(await remove({ 'x-amz-if-match-size': '1' })).toBe(412);
    expect(await remove({ 'x-amz-if-match-size': 'x' })).toBe(400);
    expect(await remove({ 'x-amz-if-match-last-modified-time': 'Mon, 01 Jan 2001 00:00:00 GMT' })).toBe(412);
    expect(await remove({ 'if-unmodified-since': modified })).toBe(501);
    expect(await remove({ 'if-none-match': '*' })).toBe(501);
    const many = async (conditions: string): Promise<string | undefined> => {
      const body = `<Delete><Object><Key>keep</Key>${conditions}</Object></Delete>`;
      const md5 = createHash('md5').update(body).digest('base64');
      return (await s3({ method: 'POST', query: { delete: '' }, body, headers: { 'content-md5': md5 } })).xml('Code');
    };
    expect(await many('<Size>1</Size>')).toBe('PreconditionFailed');
    expect(await many('<ETag>other</ETag>')).toBe('PreconditionFailed');
    expect(await many('<LastModifiedTime>2001-01-01T00:00:00Z</LastModifiedTime>')).toBe('PreconditionFailed');
    expect((await s3({ key: 'keep' })).body.toString()).toBe('precious');
    expect(
      await remove({ 'if-match': etag, 'x-amz-if-match-size': '8', 'x-amz-if-match-last-modified-time': modified }),
    ).toBe(204);
    expect(await s3({ key: 'keep' })).toMatchObject({ status: 404 });
  });

  it.each(['../x', 'a/../../x', '.quota', 'a//b', 'x.metadata', '/x', 'a\0b', '.stats/2025-01.json', 'x/'])(
    'may have the key %j',
    async (key) => {
      for (const method of ['GET', 'HEAD']) expect(await site.s3({ method, key })).toMatchObject({ status: 404 });
      expect(await site.s3({ method: 'DELETE', key })).toMatchObject({ status: 204 });
      expect(await site.s3({ method: 'PUT', key, body: 'contents' })).toMatchObject({ status: 200 });
      expect((await site.s3({ key })).body.toString()).toBe('contents');
      const listed = await site.s3({ query: { 'list-type': '2', 'encoding-type': 'url' } });
      expect(listed.all('Key')).toEqual([key.split('/').map(encodeURIComponent).join('/')]);
      expect(await site.s3({ method: 'DELETE', key })).toMatchObject({ status: 204 });
      expect(await readdir(site.path())).not.toContain('.keys');
    },
  );

  it.each([['k'.repeat(1025), 'KeyTooLongError']])('cannot have the key %s', async (key, code) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const got = await site.s3({ method, key, ...(method === 'PUT' && { body: 'x' }) });
      expect(got).toMatchObject({ status: 400, headers: { 'x-amz-error-code': code } });
    }
  });

  it('of a tree that was there before is served', async () => {
    await writeFile(site.path('old.txt'), 'from before');
    const got = await site.s3({ key: 'old.txt' });
    expect(got.body.toString()).toBe('from before');
    expect(got.headers.etag).toMatch(/^"[0-9a-f]{32}-1"$/);
  });

  it('that another server stored encrypted is not served as if it were not', async () => {
    await writeFile(site.path('x'), 'ciphertext');
    const fields = { key: 'x', size: 4, etag: 'e', last_modified: '2025-01-27T10:00:00Z', encryption: {} };
    await writeFile(site.path('x.metadata'), JSON.stringify(fields));
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 501 });
  });
});

describe('a copy', () => {
  it('has the bytes and, unless told otherwise, the description', async () => {
    const { s3 } = site;
    await s3({
      method: 'PUT',
      key: 'a',
      body: 'hello',
      headers: { 'x-amz-meta-colour': 'blue', 'content-type': 'a/b' },
    });
    const source = { 'x-amz-copy-source': `/${ACCOUNT}/a` };
    const copied = await s3({ method: 'PUT', key: 'dir/b', headers: source });
    expect(copied).toMatchObject({ status: 200 });
    expect(copied.xml('ETag')).toBe('&#34;5d41402abc4b2a76b9719d911017c592&#34;');
    expect((await s3({ key: 'dir/b' })).headers).toMatchObject({ 'x-amz-meta-colour': 'blue', 'content-type': 'a/b' });
    const replace = { ...source, 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-size': 'small' };
    expect(await s3({ method: 'PUT', key: 'a', headers: replace })).toMatchObject({ status: 200 });
    const { headers } = await s3({ key: 'a' });
    expect(headers).toMatchObject({ 'x-amz-meta-size': 'small', 'content-type': 'binary/octet-stream' });
    expect(headers['x-amz-meta-colour']).toBeUndefined();
    expect(await s3({ method: 'PUT', key: 'a', headers: source })).toMatchObject({ status: 400 });
  });

  it('is made under conditions of its source', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'a', body: 'hello' });
    const copy = (headers: Record<string, string>): Promise<{ status: number }> =>
      s3({ method: 'PUT', key: 'b', headers: { 'x-amz-copy-source': `${ACCOUNT}/a`, ...headers } });
    expect(await copy({ 'x-amz-copy-source-if-match': '"x"' })).toMatchObject({ status: 412 });
    expect(await copy({ 'x-amz-copy-source-if-none-match': '*' })).toMatchObject({ status: 412 });
    expect(await copy({ 'x-amz-copy-source-if-match': '*' })).toMatchObject({ status: 200 });
  });

  it('reaches no other bucket', async () => {
    const theirs = site.client(await site.order(OTHER), OTHER);
    await theirs({ method: 'PUT', key: 'secret', body: 'secret' });
    for (const source of [`${OTHER}/secret`, `/${OTHER}/none`, 'no-such-bucket/x']) {
      const got = await site.s3({ method: 'PUT', key: 'x', headers: { 'x-amz-copy-source': source } });
      expect(got).toMatchObject({ status: 403 });
    }
    const up = { 'x-amz-copy-source': `${ACCOUNT}/../${OTHER}/secret` };
    expect(await site.s3({ method: 'PUT', key: 'x', headers: up })).toMatchObject({ status: 404 });
    for (const source of [ACCOUNT, '', '/', `${ACCOUNT}/%ff`]) {
      const got = await site.s3({ method: 'PUT', key: 'x', headers: { 'x-amz-copy-source': source } });
      expect(got).toMatchObject({ status: 400 });
    }
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 404 });
  });
});

describe('many objects', () => {
  const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

  it('are deleted at once, each with its own outcome; a folder is not [defect 11]', async () => {
    const { s3 } = site;
    for (const key of ['a', 'b', 'dir/c']) await s3({ method: 'PUT', key, body: 'x' });
    const keys = ['a', 'none', 'dir', 'k'.repeat(1025), 'b&amp;']
      .map((key) => `<Object><Key>${key}</Key></Object>`)
      .join('');
    const body = `<Delete>${keys}</Delete>`;
    const got = await s3({ method: 'POST', query: { delete: '' }, body, headers: { 'content-md5': md5(body) } });
    expect(got.status).toBe(200);
    expect(got.all('Key')).toEqual(['a', 'none', 'dir', 'k'.repeat(1025), 'b&#38;']);
    expect(got.all('Code')).toEqual(['KeyTooLongError']);
    expect((await s3({})).all('Key')).toEqual(['b', 'dir/c']);
    expect(got.headers).toMatchObject({ 'x-amz-bucket-objects': '2', 'x-amz-bucket-usage': '2' });
    const quiet = `<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>`;
    const second = await s3({
      method: 'POST',
      query: { delete: '' },
      body: quiet,
      headers: { 'content-md5': md5(quiet) },
    });
    expect(second.all('Key')).toEqual([]);
  });

  it('are not deleted by a list that may be damaged', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'a', body: 'x' });
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    const send = (headers: Record<string, string>, text = body): Promise<{ status: number }> =>
      s3({ method: 'POST', query: { delete: '' }, body: text, headers });
    expect(await send({})).toMatchObject({ status: 400 });
    expect(await send({ 'content-md5': md5('other') })).toMatchObject({ status: 400 });
    expect(await send({ 'content-md5': md5('nonsense') }, 'nonsense')).toMatchObject({ status: 400 });
    expect(await s3({ key: 'a' })).toMatchObject({ status: 200 });
  });
});
