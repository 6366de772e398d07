import { lstat, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { nodeDisk } from '../disk.ts';
import {
  ACCOUNT,
  action,
  create,
  createStorage,
  found,
  limit,
  makeUnreadable,
  OURS,
  observe,
  type Storage,
  signal,
  tick,
  usage,
} from './lab.ts';

let storage: Storage;
let backend: Backend;
beforeEach(async () => {
  storage = await createStorage();
  backend = storage.open();
});
afterEach(async () => {
  await backend.close();
  await storage.remove();
});

describe('observe', () => {
  it('has the facts for the consumer', async () => {
    await backend.apply(create({ bytes: 2000n }), signal);
    await writeFile(storage.path(ACCOUNT, 'object'), 'contents');
    await usage(backend);
    const limits = { enabled: true, maxSize: 2000, maxObjects: -1 };
    expect(await found(backend)).toMatchObject({
      holds: { bytes: 8n, objects: 1n },
      endpoints: [{ name: 'S3', url: 'http://127.0.0.1:9000' }],
      metadata: {
        s3_endpoint: 'http://127.0.0.1:9000',
        s3_region: 'us-east-1',
        s3_user: ACCOUNT,
        s3_bucket: ACCOUNT,
        storage_summary: {
          bucket_count: 1,
          total_size_bytes: 8,
          total_objects: 1,
          buckets: [{ name: ACCOUNT, size_bytes: 8, objects: 1 }],
        },
        quotas: { user_quota: limits, bucket_quota: limits },
      },
    });
    await limit(backend, null);
    const quotas = { user_quota: { enabled: false, maxSize: -1, maxObjects: -1 } };
    expect((await found(backend)).metadata).toMatchObject({ quotas, storage_summary: { total_size_bytes: 8 } });
  });

  it('leaves out a bucket that it cannot read, and says why in the log', async () => {
    await backend.apply(create(), signal);
    await writeFile(storage.path(ACCOUNT, '.bucket_metadata'), 'not JSON');
    expect(await observe(backend)).toBeUndefined();
    expect(storage.warnings).toEqual([expect.stringContaining('it is not a JSON object')]);
  });

  it('does not read through a link that a consumer could have made', async () => {
    await backend.apply(create(), signal);
    await rename(storage.path(ACCOUNT, '.bucket_metadata'), storage.path('stolen'));
    await symlink(storage.path('stolen'), storage.path(ACCOUNT, '.bucket_metadata'));
    expect(await observe(backend)).toBeUndefined();
  });

  it('fails when the storage is not there', async () => {
    await rm(storage.root, { recursive: true });
    const failure = { code: 'IRONBUCKET_STORAGE_GONE', disposition: 'operator' };
    await expect(observe(backend)).rejects.toMatchObject(failure);
    await expect(backend.apply(create(), signal)).rejects.toMatchObject(failure);
  });

  it('goes on when the accounts file is lost: the stamps still say whose the buckets are', async () => {
    await backend.apply(create(), signal);
    await rm(storage.path('.agent'), { recursive: true });
    const next = storage.open();
    expect(await found(next)).toMatchObject({ resource: OURS, keys: [] });
    await next.apply(action({ kind: 'issue-key' }), signal);
    expect((await found(next)).keys).toHaveLength(1);
  });
});

describe('usage', () => {
  it('writes nothing', async () => {
    await backend.apply(create(), signal);
    const before = await lstat(storage.path(ACCOUNT, '.quota'));
    await writeFile(storage.path(ACCOUNT, 'object'), 'contents');
    expect(await usage(backend)).toMatchObject([{ account: ACCOUNT, quantities: { storage: 8n, objects: 1n } }]);
    expect((await lstat(storage.path(ACCOUNT, '.quota'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('says nothing of a bucket of which it can read only a part, and goes on with the next', async () => {
    const next = { ...create(), account: 'waldur-org-two-01234567' };
    await backend.apply(create(), signal);
    await backend.apply(next, signal);
    await writeFile(storage.path(ACCOUNT, 'object'), 'contents');
    makeUnreadable(storage.path(ACCOUNT));
    const measured = await usage(backend, [ACCOUNT, next.account]);
    expect(measured.map(({ account }) => account)).toEqual([next.account]);
    expect(storage.warnings).toEqual([expect.stringContaining('the bucket could not be counted: Error: ENAMETOOLONG')]);
  });

  it('stops in the middle of a bucket', async () => {
    await backend.apply(create(), signal);
    for (let i = 0; i < 200; i++) await mkdir(storage.path(ACCOUNT, `d${i}`));
    const stop = new AbortController();
    const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
    const next = backend.usage([ACCOUNT], query, stop.signal)[Symbol.asyncIterator]().next();
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(next).rejects.toThrow('enough');
    expect(storage.warnings).toEqual([]);
  });

  it('says nothing of a bucket that is gone or never was', async () => {
    expect(await usage(backend, [ACCOUNT, 'not_a_bucket', '../..'])).toEqual([]);
  });
});

it('a storage that is gone is not a storage of absent accounts', async () => {
  await backend.apply(create(), signal);
  await storage.remove();
  await expect(usage(backend)).rejects.toMatchObject({ code: 'IRONBUCKET_STORAGE_GONE' });
  await expect(observe(storage.open())).rejects.toMatchObject({ code: 'IRONBUCKET_STORAGE_GONE' });
});

it('a storage path that is a link is the directory it leads to', async () => {
  const link = `${storage.root}.link`;
  await symlink(storage.root, link);
  const linked = await createStorage({ storage_path: link });
  await linked.open().apply(create(), signal);
  expect(await found(backend)).toMatchObject({ account: ACCOUNT });
  await unlink(link);
  await linked.remove();
});

describe('errors of the file system', () => {
  it.each([
    ['ENOSPC', 'IRONBUCKET_STORAGE_FULL', 'operator'],
    ['EROFS', 'IRONBUCKET_STORAGE_DENIED', 'operator'],
    ['EIO', 'IRONBUCKET_STORAGE_FAILED', 'transient'],
  ])('%s is %s (%s)', async (errno, code, disposition) => {
    const failure = Object.assign(new Error(`${errno}: write`), { code: errno });
    const broken = storage.open({ ...nodeDisk, write: () => Promise.reject(failure) });
    await expect(broken.apply(create(), signal)).rejects.toMatchObject({ code, disposition, cause: failure });
    await expect(broken.apply(create(), signal)).rejects.toThrow(`create-account of ${ACCOUNT} failed`);
    const unreadable = storage.open({ ...nodeDisk, identity: () => Promise.reject(failure) });
    await expect(observe(unreadable)).rejects.toMatchObject({ code, disposition });
  });

  it('no one knows stay as they are', async () => {
    const failure = new TypeError('a mistake');
    const broken = storage.open({ ...nodeDisk, rename: () => Promise.reject(failure) });
    await expect(broken.apply(create(), signal)).rejects.toBe(failure);
  });

  it('in the background are logged', async () => {
    const broken = storage.open({
      ...nodeDisk,
      names: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('EIO')) }) }),
    });
    await broken.apply(create(), signal);
    while (storage.warnings.length === 0) await tick();
    expect(storage.warnings).toEqual(['a removed bucket still takes space; the next removal tries again: Error: EIO']);
  });
});
