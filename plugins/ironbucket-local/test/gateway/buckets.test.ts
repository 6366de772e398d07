import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from '../../apply.ts';
import { ACCOUNT, OTHER, openSite, type Site } from './lab.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite({ limit: 1000n });
});
afterEach(() => site.close());

const signal = new AbortController().signal;
const forbidden = { status: 403, headers: { 'x-amz-error-code': 'AccessDenied' } };

describe('an account', () => {
  it('sees and reaches its own bucket only', async () => {
    await site.order(OTHER);
    expect((await site.s3({ bucket: '' })).all('Name')).toEqual([ACCOUNT]);
    for (const bucket of [OTHER, 'no-such-bucket', '.agent', '..', 'UPPER']) {
      for (const request of [{}, { method: 'PUT', key: 'x', body: 'x' }, { method: 'DELETE' }, { method: 'HEAD' }]) {
        const got = await site.s3({ bucket, ...request });
        expect(got).toMatchObject(forbidden);
        // Not even how much others have.
        expect(got.headers['x-amz-bucket-usage']).toBeUndefined();
      }
    }
    expect((await site.admin({ bucket: '' })).all('Name')).toEqual([ACCOUNT, OTHER]);
    expect(await site.admin({ bucket: OTHER })).toMatchObject({ status: 200 });
  });

  it('is refused with a wrong signature, though its access key is right [defect 25]', async () => {
    const wrong = site.client({ ...site.keys, secretKey: 'wrong' });
    const got = await wrong({ method: 'PUT', key: 'x', body: 'x' });
    expect(got).toMatchObject({ status: 403, headers: { 'x-amz-error-code': 'SignatureDoesNotMatch' } });
    const unknown = await site.client({ accessKey: 'UNKNOWN', secretKey: 'x' })({});
    expect(unknown).toMatchObject({ status: 403, headers: { 'x-amz-error-code': 'InvalidAccessKeyId' } });
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 404 });
  });

  it('that is suspended is refused everything, and served again when it is resumed', async () => {
    const action = { account: ACCOUNT, resource: ACCOUNT.slice(-8).repeat(4) };
    await site.s3({ method: 'PUT', key: 'x', body: 'x' });
    await apply(site.deps, { ...action, kind: 'suspend' }, signal);
    expect(await site.s3({ key: 'x' })).toMatchObject(forbidden);
    expect(await site.s3({ bucket: '' })).toMatchObject(forbidden);
    expect(await site.s3({ method: 'PUT', key: 'x', body: 'y' })).toMatchObject(forbidden);
    expect((await site.admin({ key: 'x' })).body.toString()).toBe('x');
    await apply(site.deps, { ...action, kind: 'resume' }, signal);
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 200 });
  });

  it('loses a key at once when it is revoked', async () => {
    const action = { account: ACCOUNT, resource: ACCOUNT.slice(-8).repeat(4) };
    expect(await site.s3({})).toMatchObject({ status: 200 });
    await apply(site.deps, { ...action, kind: 'revoke-key', accessKey: site.keys.accessKey }, signal);
    expect(await site.s3({})).toMatchObject({ status: 403, headers: { 'x-amz-error-code': 'InvalidAccessKeyId' } });
  });

  it('may ask for its bucket to be created, as clients do, and for no other', async () => {
    expect(await site.s3({ method: 'PUT' })).toMatchObject({ status: 200, headers: { location: `/${ACCOUNT}` } });
    expect(await site.s3({ method: 'PUT', bucket: 'another' })).toMatchObject(forbidden);
    expect(await site.s3({ method: 'DELETE' })).toMatchObject(forbidden);
    const body = '<CreateBucketConfiguration><LocationConstraint>mars</LocationConstraint></CreateBucketConfiguration>';
    expect(await site.s3({ method: 'PUT', body })).toMatchObject({ status: 400 });
    expect(await readdir(site.root)).toEqual(['.agent', ACCOUNT]);
  });
});

describe('the administrator', () => {
  it('creates buckets and removes them when they are empty, but none of the marketplace [defect 17]', async () => {
    const bucket = { bucket: 'shared.files' };
    expect(await site.admin({ method: 'PUT', ...bucket })).toMatchObject({ status: 200 });
    expect(await site.admin({ method: 'PUT', ...bucket })).toMatchObject({ status: 200 });
    await site.admin({ method: 'PUT', ...bucket, key: 'x', body: 'x' });
    const full = await site.admin({ method: 'DELETE', ...bucket });
    expect(full).toMatchObject({ status: 409, headers: { 'x-amz-error-code': 'BucketNotEmpty' } });
    await site.admin({ method: 'DELETE', ...bucket, key: 'x' });
    expect(await site.admin({ method: 'DELETE', ...bucket })).toMatchObject({ status: 204 });
    expect(await site.admin({ method: 'HEAD', ...bucket })).toMatchObject({ status: 404 });
    await site.restart().then((again) => (site = again));
    expect(existsSync(join(site.root, 'shared.files'))).toBe(false);
    await site.admin({ method: 'PUT', ...bucket });
    expect((await site.admin(bucket)).headers).toMatchObject({
      'x-amz-bucket-usage': '0',
      'x-amz-bucket-objects': '0',
    });
    for (const name of ['ab', 'UPPER', 'a..b', '.agent', '-x-']) {
      expect(await site.admin({ method: 'PUT', bucket: name })).toMatchObject({ status: 400 });
    }
    expect(await site.admin({ method: 'DELETE' })).toMatchObject(forbidden);
    expect(await site.admin({ method: 'PUT' })).toMatchObject({ status: 409 });
  });

  it('does not lose what is written while a bucket is removed', async () => {
    const bucket = { bucket: 'busy-bucket' };
    await site.admin({ method: 'PUT', ...bucket });
    for (let turn = 0; turn < 10; turn++) {
      const [put, removed] = await Promise.all([
        site.admin({ method: 'PUT', ...bucket, key: 'x', body: 'x' }),
        site.admin({ method: 'DELETE', ...bucket }),
      ]);
      expect([`${put.status} ${removed.status}`]).toEqual([expect.stringMatching(/^(200 409|404 204)$/)]);
      if (put.status === 200) {
        expect(await site.admin({ ...bucket, key: 'x' })).toMatchObject({ status: 200 });
        await site.admin({ method: 'DELETE', ...bucket, key: 'x' });
      } else await site.admin({ method: 'PUT', ...bucket });
    }
  });

  it('changes limits, which others cannot', async () => {
    const request = { method: 'PUT', query: { quota: '' }, body: '{"max_size_bytes": 5}' };
    expect(await site.s3(request)).toMatchObject(forbidden);
    expect(await site.admin(request)).toMatchObject({ status: 200 });
    expect(await site.s3({ method: 'PUT', key: 'x', body: '123456' })).toMatchObject({ status: 507 });
    for (const body of ['', '{}', '{"max_size_bytes": -1}', '{"max_size_bytes": "5"}', '{"max_size_bytes": 1e99}']) {
      expect(await site.admin({ ...request, body })).toMatchObject({ status: 400 });
    }
    await site.admin({ ...request, body: '{"max_size_bytes": 18446744073709551615}' });
    const got = await site.s3({ query: { quota: '' } });
    expect(got.body.toString()).toContain('"max_size_bytes": 18446744073709551615');
    expect(got.headers['x-amz-bucket-quota']).toBeUndefined();
  });
});

describe('a listing', () => {
  beforeEach(async () => {
    for (const key of ['a', 'b/1', 'b/2', 'b/c/3', 'd&<é>', 'e/']) await site.s3({ method: 'PUT', key });
  });

  it('of version 1 pages with markers', async () => {
    const first = await site.s3({ query: { 'max-keys': '2', delimiter: '/' } });
    expect(first.all('Key')).toEqual(['a']);
    expect(first.all('Prefix')).toEqual(['', 'b/']);
    expect(first.xml('IsTruncated')).toBe('true');
    expect(first.xml('NextMarker')).toBe('b/');
    const second = await site.s3({ query: { marker: 'b/', delimiter: '/' } });
    expect(second.all('Key')).toEqual(['d&#38;&#60;é&#62;']);
    expect(second.all('Prefix')).toEqual(['', 'e/']);
    expect(second.xml('IsTruncated')).toBe('false');
    expect(second.xml('ID')).toBe(ACCOUNT);
  });

  it('of version 2 pages with tokens', async () => {
    const keys: string[] = [];
    const query = { 'list-type': '2', 'max-keys': '2', 'encoding-type': 'url' };
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await site.s3({ query: { ...query, ...(token !== '' && { 'continuation-token': token }) } });
      expect(page.xml('KeyCount')).toBe(String(page.all('Key').length));
      keys.push(...page.all('Key'));
      token = page.xml('NextContinuationToken');
    }
    expect(keys).toEqual(['a', 'b/1', 'b/2', 'b/c/3', 'd%26%3C%C3%A9%3E', 'e/']);
    const started = await site.s3({
      query: { 'list-type': '2', 'start-after': 'b/2', prefix: 'b/', 'fetch-owner': 'true' },
    });
    expect(started.all('Key')).toEqual(['b/c/3']);
    expect(started.xml('ID')).toBe(ACCOUNT);
    expect((await site.s3({ query: { 'list-type': '2' } })).xml('ID')).toBeUndefined();
    expect(await site.s3({ query: { 'list-type': '2', 'continuation-token': '!' } })).toMatchObject({ status: 400 });
  });

  it.each([{ 'max-keys': 'x' }, { 'max-keys': '-1' }, { 'encoding-type': 'base64' }])('refuses %j', async (query) => {
    expect(await site.s3({ query })).toMatchObject({ status: 400, headers: { 'x-amz-error-code': 'InvalidArgument' } });
  });
});

describe('what a bucket says about itself', () => {
  it('is true: region, versions, rights', async () => {
    const get = (name: string): ReturnType<typeof site.s3> => site.s3({ query: { [name]: '' } });
    expect((await get('location')).body.toString()).toContain('<LocationConstraint xmlns=');
    expect((await get('versioning')).body.toString()).not.toContain('Status');
    expect((await get('acl')).xml('Permission')).toBe('FULL_CONTROL');
    expect((await get('requestPayment')).xml('Payer')).toBe('BucketOwner');
    expect((await site.s3({ method: 'HEAD' })).headers).toMatchObject({ 'x-amz-bucket-region': 'us-east-1' });
  });

  it.each([
    ['policy', 'NoSuchBucketPolicy'],
    ['lifecycle', 'NoSuchLifecycleConfiguration'],
    ['encryption', 'ServerSideEncryptionConfigurationNotFoundError'],
    ['website', 'NoSuchWebsiteConfiguration'],
    ['object-lock', 'ObjectLockConfigurationNotFoundError'],
  ])('has no %s, and cannot get one', async (name, code) => {
    const query = { [name]: '' };
    expect(await site.s3({ query })).toMatchObject({ status: 404, headers: { 'x-amz-error-code': code } });
    for (const method of ['PUT', 'DELETE']) expect(await site.s3({ method, query })).toMatchObject({ status: 501 });
  });

  it.each<[string, object]>([
    ['versioning', { method: 'PUT', query: { versioning: '' }, body: '<VersioningConfiguration/>' }],
    ['encryption', { method: 'PUT', key: 'x', headers: { 'x-amz-server-side-encryption': 'AES256' } }],
    ['public access', { method: 'PUT', key: 'x', headers: { 'x-amz-acl': 'public-read' } }],
    ['grants', { method: 'PUT', key: 'x', headers: { 'x-amz-grant-read': 'id=x' } }],
    ['locks', { method: 'PUT', key: 'x', headers: { 'x-amz-object-lock-mode': 'GOVERNANCE' } }],
    ['a select', { method: 'POST', key: 'x', query: { select: '', 'select-type': '2' } }],
  ])('is not a promise that is not kept: %s', async (_, request) => {
    expect(await site.s3(request)).toMatchObject({ status: 501, headers: { 'x-amz-error-code': 'NotImplemented' } });
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 404 });
  });

  it('has no versions but the one there is', async () => {
    await site.s3({ method: 'PUT', key: 'x', body: 'x' });
    expect(await site.s3({ key: 'x', query: { versionId: 'null' } })).toMatchObject({ status: 200 });
    for (const method of ['GET', 'DELETE', 'HEAD']) {
      expect(await site.s3({ method, key: 'x', query: { versionId: 'v1' } })).toMatchObject({ status: 404 });
    }
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 200 });
  });

  it('is refused to a method that S3 does not have', async () => {
    expect(await site.s3({ method: 'PATCH' })).toMatchObject({ status: 405 });
    expect(await site.s3({ method: 'POST', key: 'x' })).toMatchObject({ status: 405 });
    expect(await site.s3({ method: 'DELETE', bucket: '' })).toMatchObject({ status: 405 });
  });

  it('includes the tags that another server gave an object', async () => {
    await writeFile(site.path('x'), 'x');
    const fields = { key: 'x', size: 1, etag: 'e', last_modified: '2025-01-27T10:00:00Z', tags: { team: 'one' } };
    await writeFile(site.path('x.metadata'), JSON.stringify(fields));
    const got = await site.s3({ key: 'x', query: { tagging: '' } });
    expect([got.xml('Key'), got.xml('Value')]).toEqual(['team', 'one']);
  });
});

describe('a directory that is no bucket', () => {
  it('is not served', async () => {
    await mkdir(join(site.root, '.hidden'));
    await writeFile(join(site.root, 'a-file'), 'x');
    for (const bucket of ['.hidden', '.agent', 'a-file', 'none-there']) {
      expect(await site.admin({ bucket })).toMatchObject({
        status: 404,
        headers: { 'x-amz-error-code': 'NoSuchBucket' },
      });
    }
    expect(await site.admin({ bucket: '.agent', key: 'accounts.json' })).toMatchObject({ status: 404 });
  });
});
