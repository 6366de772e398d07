import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackend, plugin } from '../../plugins/croit-s3/index.ts';
import type { Settings } from '../../plugins/croit-s3/settings.ts';
import {
  ACCOUNT,
  action,
  create,
  failure,
  found,
  MIB,
  observe,
  signal,
  usage,
  withDefaults,
} from '../../plugins/croit-s3/test/lab.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { conformance } from '../../src/plugin/conformance.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';
import { type CephLab, GATEWAY, openCephLab, s3, TOKEN } from './ceph-gateway.ts';

type Flavour = Settings['flavour'];

function settingsOf(lab: CephLab, flavour: Flavour, changes: Partial<Settings> = {}): Settings {
  const { accessKey, secretKey } = GATEWAY.admin;
  const own =
    flavour === 'croit'
      ? { api_url: lab.facade.url, token: TOKEN }
      : { admin_access_key: accessKey, admin_secret_key: secretKey };
  return withDefaults({ flavour, s3_endpoint: lab.endpoint, ...own, ...changes });
}

function open(settings: Settings): Backend {
  return createBackend({
    settings,
    log: silentLog(),
    http: (options) => createHttp(options, { clock: systemClock }),
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => randomBytes(bytes),
  });
}

/** As a consumer does it: with a key of the account, in a bucket of its own. */
async function store(lab: CephLab, account: string, bytes: number): Promise<void> {
  const keys = await lab.key(account);
  const bucket = `/bucket-${crypto.randomUUID()}`;
  expect((await s3(keys, 'PUT', bucket)).status).toBe(200);
  expect((await s3(keys, 'PUT', `${bucket}/object`, {}, 'x'.repeat(bytes))).status).toBe(200);
  await lab.revoke(account, keys);
}

const FLAVOURS: readonly Flavour[] = ['croit', 'radosgw'];

describe.each(FLAVOURS)('flavour %s over a real gateway', (flavour) => {
  const refuses = flavour === 'croit' ? (['suspend', 'resume'] as const) : [];
  conformance(
    { describe, it },
    {
      plugin,
      settings: withDefaults({}),
      folder: 'plugins/croit-s3',
      refuses,
      lab: async () => {
        const lab = await openCephLab();
        const settings = settingsOf(lab, flavour);
        return {
          open: () => open(settings),
          makeForeign: async (account) => {
            await lab.admin('PUT', 'user', { uid: account, 'display-name': 'Somebody', 'generate-key': 'False' });
          },
          store: (account, bytes) => store(lab, account, bytes),
          hide: async (account) => lab.hide(account),
          secrets: [TOKEN, GATEWAY.admin.secretKey],
          close: () => lab.close(),
        };
      },
    },
  );

  describe('and what only a real one can say', () => {
    let lab: CephLab;
    let backend: Backend;
    let keys: KeyPair;

    beforeEach(async () => {
      lab = await openCephLab();
      backend = open(settingsOf(lab, flavour));
      await backend.apply(create({ bytes: 2n * MIB, objects: 100n }), signal);
      const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
      keys = credentials ?? { accessKey: '', secretKey: '' };
    });
    afterEach(async () => {
      await backend.close();
      await lab.close();
    });

    const put = (path: string, bytes = Number(MIB)): Promise<{ status: number; text: string }> =>
      s3(keys, 'PUT', path, {}, 'x'.repeat(bytes));

    it('works with the keys it issued, and no others are there', async () => {
      expect((await s3(keys, 'PUT', '/first')).status).toBe(200);
      expect((await put('/first/object')).status).toBe(200);
      expect((await found(backend)).keys).toEqual([{ id: keys.accessKey, works: true }]);
      await backend.apply(action({ kind: 'revoke-key', accessKey: keys.accessKey }), signal);
      expect(await put('/first/object')).toMatchObject({
        status: 403,
        text: expect.stringContaining('InvalidAccessKeyId'),
      });
    });

    it('stops a writer at the limit, lets him delete, and lets him write again when it was raised', async () => {
      await s3(keys, 'PUT', '/first');
      expect([(await put('/first/a')).status, (await put('/first/b')).status]).toEqual([200, 200]);
      expect(await put('/first/c', 1)).toMatchObject({ status: 403, text: expect.stringContaining('QuotaExceeded') });
      const { quota: from } = await found(backend);
      await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: 3n * MIB } }), signal);
      expect((await put('/first/c')).status).toBe(200);
      await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: MIB } }), signal);
      expect((await put('/first/a', 1)).status).toBe(403);
      expect((await s3(keys, 'GET', '/first/a')).status).toBe(200);
      expect((await s3(keys, 'DELETE', '/first/a')).status).toBe(204);
    });

    it('holds the sum of many buckets to the limit', async () => {
      for (const bucket of ['/one', '/two', '/three']) expect((await s3(keys, 'PUT', bucket)).status).toBe(200);
      const refused = async (): Promise<boolean> => {
        const answers = await Promise.all(['/one/a', '/two/a', '/three/a'].map((path) => put(path)));
        return answers.some(({ status }) => status === 403);
      };
      // The total follows the statistics of the gateway, which it synchronises every second here.
      await expect.poll(refused, { timeout: 20_000, interval: 500 }).toBe(true);
    });

    it('counts every object against the limit as if it took whole blocks of 4 KiB', async () => {
      await s3(keys, 'PUT', '/first');
      const { quota: from } = await found(backend);
      await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: 8192n } }), signal);
      expect([(await put('/first/a', 1)).status, (await put('/first/b', 1)).status]).toEqual([200, 200]);
      expect((await put('/first/c', 1)).status).toBe(403);
      expect(await usage(backend)).toMatchObject([{ quantities: { storage: 2n } }]);
    });

    it('counts objects and versions, to the byte', async () => {
      await s3(keys, 'PUT', '/first');
      await s3(keys, 'PUT', '/first', { versioning: '' }, VERSIONED);
      await put('/first/a', 1000);
      await put('/first/a', 24);
      await s3(keys, 'DELETE', '/first/a');
      expect(await usage(backend)).toMatchObject([{ quantities: { storage: 1024n, objects: 2n } }]);
      const { metadata, holds } = await found(backend);
      expect(holds).toEqual({ bytes: 1024n, objects: 2n });
      expect(metadata).toMatchObject({
        storage_summary: { bucket_count: 1, total_size_bytes: 1024, total_objects: 2 },
      });
    });

    it('is purged of everything a bucket can hold', async () => {
      await s3(keys, 'PUT', '/first');
      await s3(keys, 'PUT', '/first', { versioning: '' }, VERSIONED);
      for (const key of ['a%20%26%2B', 'dir/', '%E6%95%B0', '%01odd', 'gone']) await put(`/first/${key}`, 10);
      await s3(keys, 'DELETE', '/first/gone');
      expect((await s3(keys, 'POST', '/first/up%20load', { uploads: '' })).status).toBe(200);
      const Statement = [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: ['s3:*Object*', 's3:ListBucket*'],
          Resource: ['arn:aws:s3:::first', 'arn:aws:s3:::first/*'],
        },
      ];
      expect(
        (await s3(keys, 'PUT', '/first', { policy: '' }, JSON.stringify({ Version: '2012-10-17', Statement }))).status,
      ).toBe(204);
      await s3(keys, 'PUT', '/empty');
      const refused = await failure(backend.apply(action({ kind: 'delete-account', purge: false }), signal));
      expect(refused).toMatchObject({ code: 'CROIT_S3_NOT_EMPTY', disposition: 'terminal' });
      expect(refused.message).toMatch(/2 buckets \(\d+ B\): (first, empty|empty, first)\./);
      expect((await backend.apply(action({ kind: 'delete-account', purge: true }), signal)).changed).toBe(true);
      expect(await observe(backend)).toEqual([{ state: 'absent', account: ACCOUNT }]);
    });

    it('is purged of more than a page of objects', async () => {
      await backend.apply(
        action({ kind: 'set-quota', from: { bytes: 2n * MIB, objects: 100n }, to: { bytes: null, objects: null } }),
        signal,
      );
      await s3(keys, 'PUT', '/many');
      for (let i = 0; i < 1100; i += 50)
        await Promise.all(Array.from({ length: 50 }, (_, j) => put(`/many/${i + j}`, 1)));
      expect(await usage(backend)).toMatchObject([{ quantities: { objects: 1100n } }]);
      await backend.apply(action({ kind: 'delete-account', purge: true }), signal);
      expect(await observe(backend)).toEqual([{ state: 'absent', account: ACCOUNT }]);
    });

    it('keeps limits to the KiB, far beyond 2^53', async () => {
      for (const bytes of [1_000_448n, 2n ** 53n + 1024n, 2n ** 60n]) {
        const { quota: from } = await found(backend);
        await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes } }), signal);
        expect((await found(backend)).quota.bytes).toBe(bytes);
      }
    });
  });
});

describe('flavour radosgw alone', () => {
  let lab: CephLab;
  let backend: Backend;
  beforeEach(async () => {
    lab = await openCephLab();
  });
  afterEach(async () => {
    await backend.close();
    await lab.close();
  });

  it('suspends the consumer, not the administrator', async () => {
    backend = open(settingsOf(lab, 'radosgw'));
    await backend.apply(create(), signal);
    const keys = await lab.key(ACCOUNT);
    await s3(keys, 'PUT', '/first');
    await backend.apply(action({ kind: 'suspend' }), signal);
    expect(await s3(keys, 'GET', '/first')).toMatchObject({
      status: 403,
      text: expect.stringContaining('UserSuspended'),
    });
    expect(await usage(backend)).toMatchObject([{ quantities: { storage: 0n, objects: 0n } }]);
    await backend.apply(action({ kind: 'resume' }), signal);
    expect((await s3(keys, 'GET', '/first')).status).toBe(200);
  });

  it('keeps to the tenant, from the first call to the purge', async () => {
    backend = open(settingsOf(lab, 'radosgw', { default_tenant: 't1', max_buckets: 2 }));
    const account = `t1$${ACCOUNT}`;
    await backend.apply(create({ bytes: MIB }, account), signal);
    expect(await found(backend, account)).toMatchObject({ account, quota: { bytes: MIB, objects: null } });
    const keys = await lab.key(account);
    expect((await s3(keys, 'PUT', '/first')).status).toBe(200);
    expect((await s3(keys, 'PUT', '/first/a', {}, 'hello')).status).toBe(200);
    expect((await s3(keys, 'PUT', '/second')).status).toBe(200);
    expect(await s3(keys, 'PUT', '/third')).toMatchObject({ text: expect.stringContaining('TooManyBuckets') });
    expect(await usage(backend, [account])).toMatchObject([{ account, quantities: { storage: 5n, objects: 1n } }]);
    expect(await observe(backend, 'all')).toMatchObject([{ account, state: 'found' }]);
    await backend.apply(action({ kind: 'delete-account', purge: true }, account), signal);
    expect(await observe(backend, [account])).toEqual([{ state: 'absent', account }]);
  });

  it('says which capabilities the admin user lacks, and that the keys are wrong', async () => {
    const { accessKey, secretKey } = GATEWAY.plain;
    backend = open(settingsOf(lab, 'radosgw', { admin_access_key: accessKey, admin_secret_key: secretKey }));
    expect(await backend.check(signal)).toMatchObject([
      { name: 'capabilities', status: 'failed', hint: "radosgw-admin caps add --uid=ADMIN --caps='users=*;buckets=*'" },
      { name: 'S3 endpoint', status: 'ok' },
    ]);
    expect(await failure(backend.apply(create(), signal))).toMatchObject({
      code: 'CROIT_S3_FORBIDDEN',
      disposition: 'operator',
    });
    await backend.close();
    backend = open(settingsOf(lab, 'radosgw', { admin_secret_key: 'wrong' }));
    expect(await failure(backend.apply(create(), signal))).toMatchObject({ code: 'CROIT_S3_AUTHENTICATION' });
  });

  it('places new users, and says that a placement does not exist', async () => {
    backend = open(settingsOf(lab, 'radosgw', { default_placement: 'default-placement' }));
    await backend.apply(create(), signal);
    expect((await found(backend)).metadata).toMatchObject({ user_info: { default_placement: 'default-placement' } });
    await backend.close();
    backend = open(settingsOf(lab, 'radosgw', { default_placement: 'nosuch', user_prefix: 'x_' }));
    const refused = await failure(backend.apply(create({}, 'x_org_one_01234567'), signal));
    expect(refused).toMatchObject({
      code: 'CROIT_S3_API',
      disposition: 'operator',
      hint: expect.stringContaining('default_placement'),
    });
  });
});

const VERSIONED =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
