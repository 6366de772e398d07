import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptLimit } from '../../../src/plugin/limit-rules.ts';
import { plugin } from '../index.ts';
import type { Settings } from '../settings.ts';
import { stampOf } from '../stamp.ts';
import {
  ACCOUNT,
  action,
  addForeign,
  type Cluster,
  create,
  failure,
  found,
  MIB,
  OTHER,
  OURS,
  observe,
  STAMP,
  signal,
  startCluster,
  TOKEN,
  usage,
  wordsOf,
} from './lab.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const FLAVOURS: readonly Settings['flavour'][] = ['croit', 'radosgw'];
const OTHER_ACCOUNT = 'waldur_org_two_01234567';

describe.each(FLAVOURS)('flavour %s', (flavour) => {
  it('counts a bucket without statistics as empty and keeps what else is known of the account', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    cluster.rgw.store(ACCOUNT, 1000, 'full');
    await cluster.rgw.admin('PUT', 'user', { key: '', uid: ACCOUNT, 'access-key': 'A', 'secret-key': 'B' });
    await fetch(`${cluster.endpoint}/new`, { method: 'PUT', headers: signedBy('A') });
    expect(await usage(backend)).toMatchObject([{ quantities: { storage: 1000n, objects: 1n } }]);
    expect((await found(backend)).metadata).toMatchObject({
      storage_summary: {
        bucket_count: 2,
        buckets: [
          { name: 'full', size_bytes: 1000, objects: 1 },
          { name: 'new', size_bytes: 0, objects: 0 },
        ],
      },
      quota_utilisation: { objects_percent: 1 },
    });
  });

  it('lists the hundred largest of many buckets, and the totals of all', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    const names = Array.from({ length: 101 }, (_, i) => `bucket-${String(i).padStart(3, '0')}`);
    for (const name of names.slice(1)) cluster.rgw.store(ACCOUNT, name === 'bucket-050' ? 9000 : 1000, name);
    expect((await found(backend)).metadata['storage_summary']).not.toHaveProperty('truncated');
    cluster.rgw.store(ACCOUNT, 1, 'bucket-000');
    const { metadata } = await found(backend);
    const others = names.slice(1).filter((name) => name !== 'bucket-050');
    const listed = ['bucket-050', ...others].map((name) => expect.objectContaining({ name }) as unknown);
    expect(metadata['storage_summary']).toEqual({
      bucket_count: 101,
      total_size_bytes: 108_001,
      total_objects: 101,
      truncated: true,
      buckets: listed,
    });
  });

  it('never touches a user of the same name who is not ours', async () => {
    await addForeign(cluster);
    const before = structuredClone(cluster.user());
    const backend = cluster.open(flavour);
    const refused = await failure(backend.apply(create(), signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_NAME_TAKEN', disposition: 'terminal' });
    for (const kind of ['issue-key', 'suspend', 'resume'] as const) {
      expect(await failure(backend.apply(action({ kind }), signal))).toMatchObject({ code: 'CROIT_S3_NAME_TAKEN' });
    }
    const purge = action({ kind: 'delete-account', purge: true });
    expect(await failure(backend.apply(purge, signal))).toMatchObject({ code: 'CROIT_S3_NAME_TAKEN' });
    expect(cluster.user()).toEqual(before);
  });

  it('adopts a user with our stamp, and sets its quotas', async () => {
    await addForeign(cluster, STAMP.toUpperCase());
    const backend = cluster.open(flavour);
    const { changed } = await backend.apply(create({ bytes: 5n * MIB, objects: 50n }), signal);
    expect(changed).toBe(true);
    const limits = { enabled: true, max_size: Number(5n * MIB), max_objects: 50 };
    expect(cluster.user()).toMatchObject({ user_quota: limits, bucket_quota: limits });
    // Its keys may be those that Waldur knows.
    expect((await found(backend)).keys).toMatchObject([{ id: 'FOREIGN' }]);
  });

  it('sets the quota of the user as well as that of its buckets', async () => {
    await cluster.open(flavour).apply(create({ bytes: 10n * MIB }), signal);
    const { user_quota, bucket_quota } = cluster.user();
    expect(user_quota).toMatchObject({ enabled: true, max_size: Number(10n * MIB), max_objects: -1 });
    expect(bucket_quota).toEqual(user_quota);
  });

  it.each(['..', '.', 'a/b', 'a?b', 'a b'])('does not let the name %j leave the process', async (name) => {
    const backend = cluster.open(flavour);
    const before = cluster.rgw.requests.length + cluster.facade.requests.length;
    const actions = [
      create({}, name),
      action({ kind: 'issue-key' }, name),
      action({ kind: 'delete-account', purge: true }, name),
    ];
    for (const step of actions) {
      expect(await failure(backend.apply(step, signal))).toMatchObject({
        code: 'CROIT_S3_BAD_NAME',
        disposition: 'terminal',
      });
    }
    const revoke = action({ kind: 'revoke-key', accessKey: name });
    expect(await failure(backend.apply(revoke, signal))).toMatchObject({ code: 'CROIT_S3_BAD_NAME' });
    expect(await failure(observe(backend, [name]))).toMatchObject({ code: 'CROIT_S3_BAD_NAME' });
    expect(cluster.rgw.requests.length + cluster.facade.requests.length).toBe(before);
    await backend.apply(create(), signal);
    expect(await observe(backend, [name, ACCOUNT])).toMatchObject([{ account: ACCOUNT }]);
    expect(await usage(backend, [name, ACCOUNT])).toMatchObject([{ account: ACCOUNT }]);
  });

  it('refuses to terminate an account with buckets, by their names, or empties them', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    for (let i = 0; i < 12; i++) cluster.rgw.store(ACCOUNT, 1, `bucket-${i}`);
    const refused = await failure(backend.apply(action({ kind: 'delete-account', purge: false }), signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_NOT_EMPTY', disposition: 'terminal' });
    expect(refused.message).toContain('still has 12 buckets (12 B): bucket-0, bucket-1');
    expect(refused.message).toMatch(/bucket-9 and 2 more\.$/);
    expect(cluster.user().suspended).toBe(0);
    expect(cluster.user().user_quota.max_size).toBe(Number(10n * MIB));
    await backend.apply(action({ kind: 'delete-account', purge: true }), signal);
    expect([cluster.rgw.users.has(ACCOUNT), cluster.rgw.buckets.size]).toEqual([false, 0]);
  });

  it('says nothing of a secret: not in a log, not in an error, however the server answers', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }), signal);
    const seen: string[] = [credentials?.secretKey ?? 'none'];
    // A server that quotes the whole request, which holds the new secret.
    cluster.facade.fault = ({ method, path, query }) => {
      if (method !== 'PUT') return undefined;
      const secret = query['secretKey'] ?? '';
      seen.push(secret);
      return { status: 502, body: `<pre>PUT /api/${path}?secretKey=${secret}</pre>` };
    };
    cluster.rgw.intercept = (request, response) => {
      const url = new URL(request.url ?? '', 'http://rgw');
      if (request.method !== 'PUT') return false;
      seen.push(url.searchParams.get('secret-key') ?? '');
      response.writeHead(400).end(`{"Code":"Teapot","Message":"${request.url}"}`);
      return true;
    };
    const refused = await failure(backend.apply(action({ kind: 'issue-key' }), signal));
    expect(seen).toHaveLength(2);
    const words = [wordsOf(refused), ...cluster.lines, JSON.stringify(await backend.check(signal))].join('\n');
    for (const secret of [...seen, TOKEN, cluster.settings('radosgw').admin_secret_key ?? '']) {
      expect(words).not.toContain(secret);
    }
  });

  it('gives the second of two resources whose uuids begin alike a refusal, not the account of the first', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    const twin = `${OURS.slice(0, 8)}${OTHER.slice(8)}`;
    const refused = await failure(backend.apply({ ...create(), resource: twin }, signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_NAME_TAKEN', disposition: 'terminal' });
    expect(cluster.user().email).toBe(stampOf(ACCOUNT, OURS));
  });

  it('leaves a limit that was not ordered as it is', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create({ bytes: 5n * MIB }), signal);
    Object.assign(cluster.user().user_quota, { max_objects: 500 });
    const { quota: from, metadata } = await found(backend);
    expect(from).toEqual({ bytes: 5n * MIB, objects: null });
    expect(metadata).toMatchObject({ quotas: { user_quota: { maxObjects: 500 }, bucket_quota: { maxObjects: -1 } } });
    await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: 6n * MIB } }), signal);
    expect(cluster.user().user_quota).toMatchObject({ max_size: Number(6n * MIB), max_objects: 500 });
    expect(cluster.user().bucket_quota).toMatchObject({ max_size: Number(6n * MIB), max_objects: -1 });
  });

  it.each(['user', 'bucket'] as const)(
    'shows and repairs a quota of the %s that was changed or turned off',
    async (scope) => {
      const backend = cluster.open(flavour);
      await backend.apply(create({ bytes: 5n * MIB }), signal);
      for (const change of [{ max_size: 1 }, { max_size: 1e12 }, { enabled: false }]) {
        Object.assign(cluster.user()[`${scope}_quota`], change);
        const { quota: from } = await found(backend);
        expect(from.bytes).toBeNull();
        await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: 5n * MIB } }), signal);
        expect((await found(backend)).quota.bytes).toBe(5n * MIB);
      }
    },
  );

  it('says that a new limit is below what is stored, and sets it', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create({ bytes: 5n * MIB }), signal);
    cluster.rgw.store(ACCOUNT, Number(2n * MIB));
    const { quota: from } = await found(backend);
    await backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: MIB } }), signal);
    expect(cluster.user().user_quota.max_size).toBe(Number(MIB));
    expect(cluster.lines.join('\n')).toContain('the new limit is below what is stored');
    expect((await found(backend)).metadata).toMatchObject({ quota_utilisation: { storage_percent: 200 } });
  });

  it('does not drift from a limit that the backend rounds', async () => {
    const backend = cluster.open(flavour);
    const { limit } = plugin.components['storage'] ?? { limit: false };
    const kept = keptLimit(1_000_001n, limit || {}) ?? 0n;
    await backend.apply(create({ bytes: kept }), signal);
    expect((await found(backend)).quota.bytes).toBe(kept);
    expect((await backend.apply(create({ bytes: kept }), signal)).changed).toBe(false);
  });

  it.each([-1n, 2n ** 62n + 1n])('refuses the limit %d before anything is made', async (bytes) => {
    const refused = await failure(cluster.open(flavour).apply(create({ bytes }), signal));
    expect(refused).toMatchObject({ code: 'CROIT_S3_BAD_LIMIT', disposition: 'terminal' });
    expect(cluster.rgw.users.has(ACCOUNT)).toBe(false);
  });

  it('notices that a quota it wrote was not kept', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create({ bytes: 5n * MIB }), signal);
    const { quota: from } = await found(backend);
    // A gateway that keeps 0, whatever it is told.
    const told: number[] = [];
    Object.defineProperty(cluster.user().bucket_quota, 'max_size', {
      get: () => 0,
      set: (value: number) => {
        told.push(value);
      },
      enumerable: true,
    });
    const refused = await failure(
      backend.apply(action({ kind: 'set-quota', from, to: { ...from, bytes: MIB } }), signal),
    );
    expect(refused).toMatchObject({ code: 'CROIT_S3_QUOTA_NOT_KEPT', disposition: 'operator' });
    expect(refused.message).toContain('bucket quota');
    expect(told).toEqual([Number(MIB)]);
  });

  it('reports a user that is gone as absent, although the gateway says that it has no buckets', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    expect(await usage(backend, [ACCOUNT, OTHER_ACCOUNT])).toMatchObject([{ account: ACCOUNT }]);
  });

  it('keeps what Waldur was told about the buckets when they cannot be read', async () => {
    const backend = cluster.open(flavour);
    await backend.apply(create(), signal);
    cluster.facade.fault = ({ path }) => (path.endsWith('/buckets') ? { status: 500, body: '<html>' } : undefined);
    cluster.rgw.intercept = (request, response) => {
      const isIt = request.url?.startsWith('/admin/bucket') === true;
      if (isIt) response.writeHead(500).end('<html>');
      return isIt;
    };
    const { metadata, holds, quota } = await found(backend);
    expect(metadata).not.toHaveProperty('storage_summary');
    expect(metadata).not.toHaveProperty('error');
    expect([holds, quota.bytes]).toEqual([undefined, 10n * MIB]);
    expect(await usage(backend)).toEqual([]);
  });
});

function signedBy(accessKey: string): Record<string, string> {
  return { authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/x`, 'x-amz-content-sha256': 'x' };
}
