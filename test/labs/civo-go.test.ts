import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import { BAD_GATEWAY, everyNth, type Fault, TOO_MANY } from '../../plugins/civo/emulator/faults.ts';
import { systemClock } from '../../src/lib/clock.ts';

/** Civo's official Go client, v0.7.2, against the emulator: its types and its errors are the judges. */

const run = promisify(execFile);
const TOKEN = 'civo-token-0123456789abcdef';
const SOURCE = join(import.meta.dirname, 'civo');

interface Said {
  readonly value?: unknown;
  readonly error?: string;
  readonly is?: readonly string[];
}

let folder: string;
let emulator: Emulator;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civo-go-'));
  await run('go', ['build', '-o', join(folder, 'civo-lab'), '.'], { cwd: SOURCE, timeout: 400_000 });
}, 410_000);
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  const random = (bytes: number) => randomBytes(bytes);
  emulator = await startEmulator({ clock: systemClock, random, token: TOKEN });
});
afterEach(() => emulator.close());

async function civogo(
  call: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const { stdout } = await run(join(folder, 'civo-lab'), [call, ...args], {
    env: { CIVO_API_URL: emulator.url, CIVO_TOKEN: TOKEN, CIVO_REGION: 'LON1', ...env },
    timeout: 20_000,
  });
  return JSON.parse(stdout) as Said;
}

/** @throws when the client returns an error */
async function value<T>(call: string, ...args: readonly string[]): Promise<T> {
  const said = await civogo(call, args);
  if (said.error !== undefined) throw new Error(`${call}: ${said.error}`);
  return said.value as T;
}

interface Named {
  readonly id: string;
  readonly status: string;
  readonly access_key_id: string;
}

describe('the official Go client', () => {
  it('lives a whole life with a credential and a store', async () => {
    Object.assign(emulator.account.options.delaysMs, { credential: 300, store: 300 });
    expect(await value('ListRegions')).toMatchObject([{ code: 'LON1', features: { object_store: true } }, {}, {}]);
    expect(await value('GetQuota')).toMatchObject({ objectstore_gb_limit: 5000, objectstore_gb_usage: 0 });
    expect(await civogo('FindObjectStore', ['wal-a'])).toMatchObject({ is: ['ZeroMatchesError'] });
    const credential = await value<Named>('NewObjectStoreCredential', 'wal-cred');
    expect(credential.status).toBe('pending');
    await expect.poll(async () => (await value<Named>('GetObjectStoreCredential', credential.id)).status).toBe('ready');
    const store = await value<Named>('NewObjectStore', 'wal-a', '500', credential.access_key_id);
    expect(store).toMatchObject({ status: 'creating', max_size: 500, owner_info: { credential_id: credential.id } });
    expect(await civogo('UpdateObjectStore', [store.id, '1000'])).toMatchObject({ is: ['CommonError'] });
    await expect.poll(async () => (await value<Named>('GetObjectStore', store.id)).status).toBe('ready');
    expect(await value('FindObjectStore', 'wal-a')).toMatchObject({ id: store.id });
    expect(await value('FindObjectStoreCredential', 'wal-cred')).toMatchObject({ id: credential.id });
    expect(await value('GetObjectStoreStats', store.id)).toEqual({
      size_kb_utilised: 0,
      max_size_kb: 500_000_000,
      num_objects: 0,
    });
    expect(await value('UpdateObjectStore', store.id, '1000')).toMatchObject({ max_size: 1000 });
    expect(await value('UpdateObjectStoreCredential', credential.id, '', 'a-new-secret-0123456789')).toMatchObject({
      access_key_id: credential.access_key_id,
      secret_access_key_id: 'a-new-secret-0123456789',
    });
    expect((await civogo('DeleteObjectStoreCredential', [credential.id])).error).toContain(
      'objectstore_credential_in_use',
    );
    expect(await value('DeleteObjectStore', store.id)).toMatchObject({ result: 'success' });
    expect((await civogo('GetObjectStore', [store.id])).error).toContain('database_objectstore_not_found');
    expect(await value('DeleteObjectStoreCredential', credential.id)).toMatchObject({ result: 'success' });
    expect(await value('ListObjectStores')).toMatchObject({ items: null });
  });

  it('reads every page', async () => {
    Object.assign(emulator.account.options, { quotaGb: 1_000_000 });
    const region = emulator.account.options.regions[0];
    if (region === undefined) throw new Error('there is no region');
    for (let i = 0; i < 105; i++) await emulator.account.createStore(region, `store-${i}`, 500, undefined);
    expect((await value<{ items: unknown[] }>('ListObjectStores')).items).toHaveLength(105);
    expect(await value('ListObjectStoreCredentials', '2', '40')).toMatchObject({ page: 2, per_page: 40, pages: 3 });
  });

  it('understands each refusal', async () => {
    const store = async (...args: readonly string[]) => civogo('NewObjectStore', args);
    expect(await civogo('GetQuota', [], { CIVO_TOKEN: 'wrong' })).toMatchObject({ is: ['AuthenticationError'] });
    emulator.wrongToken = 'database_account_not_found';
    expect(await civogo('GetQuota', [], { CIVO_TOKEN: 'wrong' })).toMatchObject({
      is: ['DatabaseAccountNotFoundError'],
    });
    expect((await civogo('ListObjectStores', [], { CIVO_REGION: '' })).error).toContain('region is missing');
    expect((await civogo('ListObjectStores', [], { CIVO_REGION: 'XXX1' })).error).toContain(
      'database_region_not_found',
    );
    expect((await civogo('ListObjectStores', [], { CIVO_REGION: 'NYC1' })).error).toContain(
      'Feature object_store is not supported in region NYC1',
    );
    expect(await civogo('NewObjectStore', ['wal-f', '500'], { CIVO_REGION: 'FRA1' })).toMatchObject({
      is: ['OutOFCapacityError'],
    });
    for (const size of ['0', '100', '750'])
      expect(await store('wal-a', size)).toMatchObject({ is: ['ParameterSizeMissingError'] });
    expect(await store('Wal_A', '500')).toMatchObject({ is: ['ParameterNameInvalidError'] });
    expect(await store('wal-a', '5500')).toMatchObject({ is: ['QuotaLimitReachedError'] });
    expect(await store('wal-a', '500')).toMatchObject({ value: { name: 'wal-a' } });
    expect((await store('wal-a', '500')).error).toContain('database_objectstore_exists');
    const { id } = await value<Named>('FindObjectStore', 'wal-a');
    await value('DeleteObjectStore', id);
    expect((await store('wal-a', '500')).error).toContain('database_objectstore_exists');
  });

  it.each<readonly [string, Fault, string]>([
    ['429', TOO_MANY('7'), 'too_many_requests'],
    ['a page', BAD_GATEWAY, 'ResponseDecodeFailed'],
    [
      'a lock',
      { kind: 'reply', reply: { status: 409, body: { code: 'database_quota_lock_failed', reason: 'x' } } },
      'QuotaLock',
    ],
    [
      'a disabled service',
      { kind: 'reply', reply: { status: 403, body: { code: 'disabled_service', reason: 'x' } } },
      'DisabledService',
    ],
    [
      'a region',
      { kind: 'reply', reply: { status: 400, body: { code: 'region_unavailable', reason: 'x' } } },
      'RegionUnavailable',
    ],
    [
      'a status in the body',
      { kind: 'reply', reply: { status: 400, body: { status: 500, code: 'x' } } },
      'InternalServerError',
    ],
    ['nothing', { kind: 'text', status: 200, body: '' }, 'EOF'],
    ['no answer', { kind: 'lost' }, 'EOF'],
  ])('fails with %s every second time', async (_, fault, says) => {
    emulator.faults = everyNth(2, fault);
    expect(await civogo('GetQuota')).toHaveProperty('value');
    expect((await civogo('GetQuota')).error).toContain(says);
  });
});
