import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopeText, signatureOf, signingKey, stampOf } from '../../../../src/s3/sigv4.ts';
import { ACCOUNT, ADMINISTRATOR, openSite, type Site } from './lab.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite({ limit: 1_000_000n });
});
afterEach(() => site.close());

const url = (path = ''): string => `http://127.0.0.1:${site.port}/${ACCOUNT}${path}`;

describe('tags', () => {
  const tagging = (...pairs: readonly (readonly [string, string])[]): string =>
    `<Tagging><TagSet>${pairs.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join('')}</TagSet></Tagging>`;
  const query = { tagging: '' };

  it('of an object are set with it or later, counted, copied and removed, and its bytes stay as they are', async () => {
    const { s3 } = site;
    await s3({ method: 'PUT', key: 'a', body: 'x', headers: { 'x-amz-tagging': 'colour=blue&size=a%20b' } });
    const before = (await s3({ key: 'a' })).headers;
    expect(before['x-amz-tagging-count']).toBe('2');
    expect((await s3({ key: 'a', query })).all('Value')).toEqual(['blue', 'a b']);
    expect((await s3({ method: 'PUT', key: 'a', query, body: tagging(['new', 'one']) })).status).toBe(200);
    const after = (await s3({ key: 'a' })).headers;
    expect([after.etag, after['last-modified'], after['x-amz-tagging-count']]).toEqual([
      before.etag,
      before['last-modified'],
      '1',
    ]);
    const source = { 'x-amz-copy-source': `${ACCOUNT}/a` };
    await s3({ method: 'PUT', key: 'b', headers: source });
    expect((await s3({ key: 'b', query })).all('Key')).toEqual(['new']);
    const replace = { ...source, 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': 'k=v' };
    await s3({ method: 'PUT', key: 'c', headers: replace });
    expect((await s3({ key: 'c', query })).all('Key')).toEqual(['k']);
    expect((await s3({ method: 'DELETE', key: 'a', query })).status).toBe(204);
    expect((await s3({ key: 'a', query })).all('Key')).toEqual([]);
    expect((await s3({ key: 'none', query })).status).toBe(404);
    expect((await s3({ method: 'PUT', key: 'none', query, body: tagging() })).status).toBe(404);
  });

  it('of a bucket are a document of it', async () => {
    const { s3 } = site;
    expect((await s3({ query })).xml('Code')).toBe('NoSuchTagSet');
    expect((await s3({ method: 'PUT', query, body: tagging(['k', 'v']) })).status).toBe(200);
    expect((await s3({ query })).all('Key')).toEqual(['k']);
    expect((await s3({ method: 'DELETE', query })).status).toBe(204);
    expect((await s3({ query })).status).toBe(404);
  });

  it.each([
    ['two of a name', tagging(['k', '1'], ['k', '2']), 'InvalidTag'],
    ['too long', tagging(['k'.repeat(129), '1']), 'InvalidTag'],
    ['too many', tagging(...Array.from({ length: 11 }, (_, index) => [`k${index}`, ''] as const)), 'BadRequest'],
    ['something else', '<Other/>', 'MalformedXML'],
  ])('are refused: %s', async (_, body, code) => {
    await site.s3({ method: 'PUT', key: 'a', body: 'x' });
    expect((await site.s3({ method: 'PUT', key: 'a', query, body })).xml('Code')).toBe(code);
  });
});

describe('a page of another site', () => {
  const query = { cors: '' };
  const rule =
    '<AllowedOrigin>https://*.example.org</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>' +
    '<AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>';
  const ask = (headers: Record<string, string>) =>
    fetch(url('/k'), {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.org', 'access-control-request-method': 'PUT', ...headers },
    });

  it('may do what a rule of the bucket says, and nothing without one', async () => {
    expect([(await ask({})).status, (await (await ask({})).text()).includes('AccessForbidden')]).toEqual([403, true]);
    expect((await site.s3({ query })).xml('Code')).toBe('NoSuchCORSConfiguration');
    const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
    expect((await site.s3({ method: 'PUT', query, body })).status).toBe(200);
    expect((await site.s3({ query })).body.toString()).toBe(body);
    const allowed = await ask({ 'access-control-request-headers': 'X-Amz-Date, x-amz-acl' });
    expect([allowed.status, Object.fromEntries(allowed.headers)]).toEqual([
      200,
      expect.objectContaining({
        'access-control-allow-origin': 'https://app.example.org',
        'access-control-allow-methods': 'PUT, GET',
        'access-control-allow-headers': 'x-amz-date, x-amz-acl',
        'access-control-max-age': '60',
      }),
    ]);
    expect((await ask({ origin: 'https://example.com' })).status).toBe(403);
    expect((await ask({ 'access-control-request-method': 'DELETE' })).status).toBe(403);
    expect((await ask({ 'access-control-request-headers': 'authorization' })).status).toBe(403);
    expect((await fetch(url('/k'), { method: 'OPTIONS' })).status).toBe(400);
    const origin = { origin: 'https://app.example.org' };
    for (const key of ['none', undefined]) {
      const got = await site.s3({ ...(key !== undefined && { key }), headers: origin });
      expect(got.headers).toMatchObject({
        'access-control-allow-origin': origin.origin,
        'access-control-expose-headers': 'ETag',
      });
    }
    await site.s3({ method: 'DELETE', query });
    expect((await ask({})).status).toBe(403);
  });

  it.each([
    '<CORSConfiguration/>',
    '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    `<CORSConfiguration><CORSRule>${rule}<AllowedMethod>PATCH</AllowedMethod></CORSRule></CORSConfiguration>`,
    `<CORSConfiguration><CORSRule>${rule}<AllowedOrigin>*.*</AllowedOrigin></CORSRule></CORSConfiguration>`,
    `<CORSConfiguration><CORSRule>${rule}<ExposeHeader>a\nb</ExposeHeader></CORSRule></CORSConfiguration>`,
  ])('gets no rule like %s', async (body) => {
    expect((await site.s3({ method: 'PUT', query, body })).xml('Code')).toBe('MalformedXML');
  });
});

describe('a form of a browser', () => {
  const later = (): string => new Date(Date.now() + 60_000).toISOString();
  const policyOf = (conditions: readonly unknown[], expiration = later()): string =>
    Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const basic = [{ bucket: ACCOUNT }, ['starts-with', '$key', 'up/'], ['content-length-range', 1, 10]];

  function send(policy: string, fields: Record<string, string>, file = 'contents', version: 2 | 4 = 4) {
    const form = new FormData();
    const scope = { stamp: stampOf(new Date()), region: 'us-east-1' };
    const signed =
      version === 4
        ? {
            'x-amz-algorithm': 'AWS4-HMAC-SHA256',
            'x-amz-credential': `${site.keys.accessKey}/${scopeText(scope)}`,
            'x-amz-date': scope.stamp,
            'x-amz-signature': signatureOf(signingKey(site.keys.secretKey, scope), policy),
          }
        : {
            AWSAccessKeyId: site.keys.accessKey,
            signature: createHmac('sha1', site.keys.secretKey).update(policy).digest('base64'),
          };
    for (const [name, value] of Object.entries({ policy, ...signed, ...fields })) form.set(name, value);
    form.set('file', new Blob([file]), 'C:\\photo.jpg');
    return fetch(url(), { method: 'POST', body: form, redirect: 'manual' });
  }
  const own = [
    ['starts-with', '$x-amz-algorithm', ''],
    ['starts-with', '$x-amz-credential', ''],
    ['starts-with', '$x-amz-date', ''],
  ];

  it.each([2, 4] as const)('stores its file, signed with version %i', async (version) => {
    const conditions = [...basic, ...own, { 'Content-Type': 'text/plain' }, { success_action_status: '201' }];
    const fields = { key: 'up/${filename}', 'Content-Type': 'text/plain', success_action_status: '201' };
    const got = await send(policyOf(conditions), fields, 'contents', version);
    expect([got.status, await got.text()]).toEqual([201, expect.stringContaining('<Key>up/photo.jpg</Key>')]);
    const stored = await site.s3({ key: 'up/photo.jpg' });
    expect([stored.body.toString(), stored.headers['content-type']]).toEqual(['contents', 'text/plain']);
  });

  it('may hold anything in its file, in whatever pieces it comes', async () => {
    const file = `\r\n--${'x'.repeat(5000)}\r\n--\r\n`.repeat(40);
    const got = await send(policyOf([{ bucket: ACCOUNT }, { key: 'up/b' }, ...own]), { key: 'up/b' }, file);
    expect(got.status).toBe(204);
    expect((await site.s3({ key: 'up/b' })).body.toString()).toBe(file);
  });

  it.each([
    ['another key', policyOf([...basic, ...own]), { key: 'other' }, 403],
    ['a field that the policy does not name', policyOf([...basic, ...own]), { key: 'up/a', 'x-amz-meta-a': 'b' }, 403],
    ['an end that is over', policyOf([...basic, ...own], '2020-01-01T00:00:00Z'), { key: 'up/a' }, 403],
    ['another bucket', policyOf([{ bucket: 'other' }, { key: 'up/a' }, ...own]), { key: 'up/a' }, 403],
    ['no such document', 'bm90IEpTT04=', { key: 'up/a' }, 400],
    ['another signature', policyOf([...basic, ...own]), { key: 'up/a', 'x-amz-signature': '0' }, 403],
    ['no key', policyOf([{ bucket: ACCOUNT }, ...own]), {}, 400],
  ])('is refused with %s', async (_, policy, fields, status) => {
    expect((await send(policy, fields as Record<string, string>)).status).toBe(status);
    expect((await site.s3({})).all('Key')).toEqual([]);
  });

  it('may replace an object where there is no room for both', async () => {
    await site.deps.quotas.setLimit(ACCOUNT, 10n, new AbortController().signal);
    for (const file of ['contents', 'other', 'contents!!'])
      expect((await send(policyOf([...basic, ...own]), { key: 'up/a' }, file)).status).toBe(204);
    expect((await site.s3({ key: 'up/a' })).body.toString()).toBe('contents!!');
    expect((await send(policyOf([...basic, ...own]), { key: 'up/b' }, 'x')).status).toBe(507);
  });

  it('is refused when its file is too long or too short, and nothing stays', async () => {
    for (const [file, code] of [
      ['x'.repeat(11), 'EntityTooLarge'],
      ['', 'EntityTooSmall'],
    ] as const) {
      const got = await send(policyOf([...basic, ...own]), { key: 'up/a' }, file);
      expect([got.status, (await got.text()).includes(code)]).toEqual([400, true]);
    }
    expect((await site.s3({})).all('Key')).toEqual([]);
  });
});

describe('a listing of versions', () => {
  it('has every object once, as null', async () => {
    for (const key of ['a', 'b/c', 'b/d']) await site.s3({ method: 'PUT', key, body: 'x' });
    const all = await site.s3({ query: { versions: '' } });
    expect([all.all('Key'), all.all('VersionId'), all.all('IsLatest')]).toEqual([
      ['a', 'b/c', 'b/d'],
      ['null', 'null', 'null'],
      ['true', 'true', 'true'],
    ]);
    const page = await site.s3({ query: { versions: '', 'max-keys': '1', delimiter: '/' } });
    const marker = { 'key-marker': page.xml('NextKeyMarker') ?? '', 'version-id-marker': 'null' };
    const next = await site.s3({ query: { versions: '', delimiter: '/', ...marker } });
    expect([page.all('Key'), next.all('Key'), next.all('Prefix')]).toEqual([['a'], [], ['', 'b/']]);
  });
});

describe('a listing of uploads', () => {
  it('has common prefixes', async () => {
    for (const key of ['a', 'b/c', 'b/d', 'e']) await site.s3({ method: 'POST', key, query: { uploads: '' } });
    const found: string[] = [];
    let marker: Record<string, string> = {};
    for (let more = true; more; ) {
      const page = await site.s3({ query: { uploads: '', delimiter: '/', 'max-uploads': '1', ...marker } });
      found.push(...page.all('Key'), ...page.all('Prefix').slice(1));
      more = page.xml('IsTruncated') === 'true';
      marker = {
        'key-marker': page.xml('NextKeyMarker') ?? '',
        'upload-id-marker': page.xml('NextUploadIdMarker') ?? '',
      };
    }
    expect(found).toEqual(['a', 'b/', 'e']);
  });
});

describe('a request', () => {
  async function raw(head: string): Promise<string> {
    const socket = connect(site.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head);
    return await text(socket);
  }

  it('that stores something says how long it is', async () => {
    const { path, headers } = site.s3.sign({ method: 'PUT', key: 'a' });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const got = await raw(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1.1 411 .*<Code>MissingContentLength</s);
  });

  it('may expect what is not known here', async () => {
    const { path, headers } = site.s3.sign({ method: 'PUT', key: 'a', body: 'x' });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const more = 'connection: close\r\nexpect: 200\r\ncontent-length: 1';
    expect(await raw(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n${more}\r\n\r\nx`)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('may ask for a range that ends far behind the object', async () => {
    await site.s3({ method: 'PUT', key: 'a', body: 'abc' });
    const got = await site.s3({ key: 'a', headers: { range: 'bytes=1-9999999999999999' } });
    expect([got.status, got.body.toString()]).toEqual([206, 'bc']);
  });

  it.each([
    ['192.168.0.1', {}, 400],
    ['xn--bucket', {}, 400],
    ['bucket-s3alias', {}, 400],
    ['fine-bucket', { 'x-amz-object-ownership': 'BucketOwnerEnforced' }, 200],
    ['fine-bucket', { 'x-amz-object-ownership': 'ObjectWriter' }, 501],
    ['fine-bucket', { 'x-amz-object-ownership': 'Other' }, 400],
  ])('for the bucket %s with %j', async (bucket, headers, status) => {
    expect(
      (await site.client(ADMINISTRATOR, bucket)({ method: 'PUT', headers: headers as Record<string, string> })).status,
    ).toBe(status);
  });
});
