import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Step } from '../../../src/plugin/conformance/world.ts';
import type { Applied, Backend } from '../../../src/plugin/contract.ts';
import { nodeDisk } from '../disk.ts';
import {
  ACCOUNT,
  action,
  create,
  createStorage,
  found,
  limit,
  OTHER,
  OURS,
  observe,
  type Storage,
  signal,
  tick,
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

describe('create-account', () => {
  it('makes what the S3 server reads', async () => {
    await apply({
      kind: 'create-account',
      displayName: 'Files of One',
      quota: { bytes: 107_374_182_400n },
      attributes: {},
    });
    const { credentials } = await apply({ kind: 'issue-key' });
    expect(await read(ACCOUNT, '.quota')).toBe(
      '{\n  "max_size_bytes": 107374182400,\n  "current_usage_bytes": 0,\n  "object_count": 0,\n  "last_updated": "2026-08-25T10:00:00.000Z"\n}',
    );
    expect(JSON.parse(await read(ACCOUNT, '.bucket_metadata'))).toEqual({ waldur_resource: OURS });
    expect(JSON.parse(await read(`.agent/accounts/${ACCOUNT}.json`))).toEqual({
      version: 1,
      resource: OURS,
      name: 'Files of One',
      suspended: false,
      keys: [{ access_key: credentials?.accessKey, secret_key: credentials?.secretKey }],
    });
    expect(credentials).toMatchObject({ endpoint: 'http://127.0.0.1:9000', region: 'us-east-1' });
    expect(credentials?.accessKey).toMatch(/^[A-Z0-9]{20}$/);
    expect(credentials?.secretKey).toMatch(/^[\w-]{40}$/);
  });

  it.each([
    ['the default of the settings for what was not ordered', {}, '5368709120', 5_368_709_120n],
    ['no limit', { bytes: null }, '18446744073709551615', null],
    ['nothing allowed', { bytes: 0n }, '0', 0n],
    ['more than a double holds', { bytes: 2n ** 62n + 1n }, '4611686018427387905', 2n ** 62n + 1n],
  ])('knows %s', async (_, quota, onDisk, bytes) => {
    await backend.apply(create(quota), signal);
    expect(await read(ACCOUNT, '.quota')).toContain(`"max_size_bytes": ${onDisk},`);
    expect((await found(backend)).quota).toEqual({ bytes, objects: null });
  });

  it.each([-1n, 2n ** 64n - 1n, 2n ** 70n])('refuses a limit of %s', async (bytes) => {
    await expect(backend.apply(create({ bytes }), signal)).rejects.toMatchObject({ code: 'IRONBUCKET_BAD_LIMIT' });
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
  });

  it.each(['..', 'a', 'UPPER', 'a..b', 'under_score', `x${'y'.repeat(63)}`, 'a/b', '.agent'])(
    'refuses the name %j and touches nothing',
    async (account) => {
      const refusal = backend.apply({ ...create(), account }, signal);
      await expect(refusal).rejects.toMatchObject({ code: 'IRONBUCKET_BAD_NAME', disposition: 'terminal' });
      expect(await observe(backend, account)).toEqual({ state: 'absent', account });
      expect(await readdir(storage.root)).toEqual([]);
    },
  );

  it.each([
    ['a file', () => writeFile(storage.path(ACCOUNT), '')],
    ['a link to a directory', () => symlink('/tmp', storage.path(ACCOUNT))],
    ['a directory', () => mkdir(storage.path(ACCOUNT))],
  ])('does not take over %s of that name', async (_, make) => {
    await make();
    await expect(backend.apply(create(), signal)).rejects.toMatchObject({ code: 'IRONBUCKET_NAME_TAKEN' });
    expect(await readdir(storage.root)).toEqual([ACCOUNT]);
  });

  it('adopts a bucket that an operator stamped, and sets what was ordered', async () => {
    await mkdir(storage.path(ACCOUNT));
    await writeFile(
      storage.path(ACCOUNT, '.bucket_metadata'),
      `{"big": 12345678901234567890, "waldur_resource": "${OURS}"}`,
    );
    await writeFile(storage.path(ACCOUNT, 'object'), 'contents');
    expect(await backend.apply(create({ bytes: 5n }), signal)).toEqual({ changed: true });
    expect(await found(backend)).toMatchObject({
      resource: OURS,
      quota: { bytes: 5n },
      holds: { bytes: 8n, objects: 1n },
    });
    expect(await read(ACCOUNT, '.bucket_metadata')).toContain('12345678901234567890');
  });

  it('brings back a stamp that the S3 server overwrote', async () => {
    await backend.apply(create(), signal);
    await writeFile(storage.path(ACCOUNT, '.bucket_metadata'), '{"created": "2025-01-01"}');
    expect((await found(backend)).resource).toBe(OURS);
    expect(await backend.apply(create(), signal)).toEqual({ changed: true });
    expect(JSON.parse(await read(ACCOUNT, '.bucket_metadata'))).toEqual({
      created: '2025-01-01',
      waldur_resource: OURS,
    });
  });

  it('takes nothing whose two stamps disagree', async () => {
    await backend.apply(create(), signal);
    await writeFile(storage.path(ACCOUNT, '.bucket_metadata'), `{"waldur_resource": "${OTHER}"}`);
    expect((await found(backend)).resource).toBeUndefined();
    for (const resource of [OURS, OTHER]) {
      const refusal = backend.apply({ ...create(), resource }, signal);
      await expect(refusal).rejects.toMatchObject({ code: 'IRONBUCKET_NAME_TAKEN' });
    }
  });

  it('keeps the name of a bucket whose directory was lost for its owner, who gets new keys', async () => {
    await backend.apply(create(), signal);
    await apply({ kind: 'issue-key' });
    await rm(storage.path(ACCOUNT), { recursive: true });
    expect(await observe(backend)).toEqual({ state: 'absent', account: ACCOUNT });
    const other = backend.apply({ ...create(), resource: OTHER }, signal);
    await expect(other).rejects.toMatchObject({ code: 'IRONBUCKET_NAME_TAKEN' });
    await backend.apply(create(), signal);
    expect((await found(backend)).keys).toEqual([]);
  });
});

describe('set-quota', () => {
  it('changes the limit and nothing else in the file', async () => {
    await backend.apply(create(), signal);
    const text =
      '{"max_size_bytes":1000,"current_usage_bytes":7,"object_count":3,"last_updated":"2026-08-25T09:00:00Z","mine":1}';
    await writeFile(storage.path(ACCOUNT, '.quota'), text);
    await limit(backend, 2000n);
    expect(JSON.parse(await read(ACCOUNT, '.quota'))).toEqual({
      max_size_bytes: 2000,
      current_usage_bytes: 7,
      object_count: 3,
      last_updated: '2026-08-25T10:00:00.000Z',
      mine: 1,
    });
  });

  it.each([
    ['missing', undefined],
    ['damaged', '{"max_size_bytes": 10'],
  ])('regenerates a %s file by counting; until then the default holds', async (_, text) => {
    await backend.apply(create(), signal);
    await writeFile(storage.path(ACCOUNT, 'object'), 'contents');
    await rm(storage.path(ACCOUNT, '.quota'));
    if (text !== undefined) await writeFile(storage.path(ACCOUNT, '.quota'), text);
    const before = await found(backend);
    expect(before.quota.bytes).toBe(5_368_709_120n);
    expect(before.holds).toBeUndefined();
    expect(before.metadata).not.toHaveProperty('storage_summary');
    await limit(backend, 2000n);
    expect(JSON.parse(await read(ACCOUNT, '.quota'))).toMatchObject({
      max_size_bytes: 2000,
      current_usage_bytes: 8,
      object_count: 1,
    });
  });

  it('of a bucket that is gone is tried again', async () => {
    await expect(limit(backend, 1n)).rejects.toMatchObject({ code: 'IRONBUCKET_VANISHED', disposition: 'transient' });
  });
});

describe('delete-account', () => {
  it('tells the consumer what is left', async () => {
    await backend.apply(create(), signal);
    await mkdir(storage.path(ACCOUNT, '.versions/old'), { recursive: true });
    for (const name of ['one', 'two', '.versions/old/1'])
      await writeFile(storage.path(ACCOUNT, name), Buffer.alloc(524_288));
    await expect(apply({ kind: 'delete-account', purge: false })).rejects.toMatchObject({
      code: 'IRONBUCKET_NOT_EMPTY',
      disposition: 'terminal',
      message: `The bucket ${ACCOUNT} still holds 3 objects (1.5 MiB).`,
    });
  });

  it('counts old versions as data', async () => {
    await backend.apply(create(), signal);
    await mkdir(storage.path(ACCOUNT, '.versions/old'), { recursive: true });
    await writeFile(storage.path(ACCOUNT, '.versions/old/1'), 'x');
    await expect(apply({ kind: 'delete-account', purge: false })).rejects.toThrow('still holds 1 object (1 B)');
  });

  it('never follows a link out of the bucket', async () => {
    await backend.apply(create(), signal);
    await mkdir(storage.path('elsewhere'));
    await writeFile(storage.path('elsewhere/file'), 'stays');
    await symlink(storage.path('elsewhere'), storage.path(ACCOUNT, 'link'));
    await apply({ kind: 'delete-account', purge: true });
    while ((await readdir(storage.root)).some((name) => name.startsWith('.deleted-'))) await tick();
    expect(await readdir(storage.root)).toEqual(['.agent', 'elsewhere']);
    expect(await read('elsewhere/file')).toBe('stays');
  });

  it('forgets the keys of a bucket whose directory is gone', async () => {
    await backend.apply(create(), signal);
    await rm(storage.path(ACCOUNT), { recursive: true });
    expect(await apply({ kind: 'delete-account', purge: false })).toEqual({ changed: true });
    expect(await readdir(storage.path('.agent/accounts'))).toEqual([]);
  });

  it('goes on with an interrupted removal as soon as the agent runs', async () => {
    await mkdir(storage.path('.deleted-1/deep'), { recursive: true });
    const stop = new AbortController();
    const served = backend.serve?.(stop.signal);
    while ((await readdir(storage.root)).includes('.deleted-1')) await tick();
    stop.abort();
    await served;
    expect(storage.warnings).toEqual([]);
  });

  it('does not wait for a removal that takes long when the agent stops', async () => {
    const disk = {
      ...nodeDisk,
      removeTree: (path: string, stop: AbortSignal) =>
        path.includes('.deleted-')
          ? new Promise<void>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
          : nodeDisk.removeTree(path, stop),
    };
    const slow = storage.open(disk);
    await slow.apply(create(), signal);
    await slow.apply(action({ kind: 'delete-account', purge: true }), signal);
    expect(await observe(slow)).toEqual({ state: 'absent', account: ACCOUNT });
    await slow.close();
    expect(storage.warnings).toEqual([]);
  });
});

function apply(step: Step): Promise<Applied> {
  return backend.apply(action(step), signal);
}

function read(...parts: string[]): Promise<string> {
  return readFile(storage.path(...parts), 'utf8');
}
