import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Accounts, openAccounts } from '../accounts.ts';
import { type Disk, nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { createStorage, OURS, type Storage } from './lab.ts';

const record = { resource: OURS, name: 'One', suspended: false, keys: [{ accessKey: 'AK', secretKey: 'SK' }] };
const keyOf = (accessKey: string) => [{ accessKey, secretKey: 'SK' }];

let storage: Storage;
let writes: string[];
let reads: number;
let accounts: Accounts;
const disk: Disk = {
  ...nodeDisk,
  write: (path, ...rest) => {
    writes.push(path);
    return nodeDisk.write(path, ...rest);
  },
  read: (path) => {
    reads++;
    return nodeDisk.read(path);
  },
};
const file = (account: string): string => storage.path('.agent/accounts', `${account}.json`);
const others = (): Accounts => openAccounts(nodeDisk, layoutOf(storage.root));
beforeEach(async () => {
  storage = await createStorage();
  writes = [];
  reads = 0;
  accounts = openAccounts(disk, layoutOf(storage.root));
});
afterEach(() => storage.remove());

describe('the files of accounts', () => {
  it('are none before the first account, and private from then on', async () => {
    expect(await accounts.names()).toEqual([]);
    await accounts.update('one', () => record);
    expect((await stat(file('one'))).mode & 0o777).toBe(0o600);
    for (const folder of ['.agent', '.agent/accounts'])
      expect((await stat(storage.path(folder))).mode & 0o777).toBe(0o700);
    expect(await others().get('one')).toEqual(record);
    expect(await others().get('two')).toBeUndefined();
    expect(await others().get('../one')).toBeUndefined();
  });

  it('lose no update of many at once, and each change writes its own only', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `account-${index}`);
    await Promise.all(names.map((name) => accounts.update(name, () => ({ ...record, name }))));
    expect(new Set(await accounts.names())).toEqual(new Set(names));
    expect(writes).toHaveLength(200);
    await Promise.all([
      ...names.slice(1).map((name) => accounts.update(name, () => undefined)),
      ...['x', 'y'].map((key) =>
        accounts.update('account-0', (same) => same && { ...same, keys: [...same.keys, ...keyOf(key)] }),
      ),
    ]);
    expect(await others().names()).toEqual(['account-0']);
    expect((await others().get('account-0'))?.keys.map(({ accessKey }) => accessKey)).toEqual(['AK', 'x', 'y']);
    expect(await readdir(storage.path('.agent/accounts'))).toEqual(['account-0.json']);
  });

  it('are not written when nothing changes', async () => {
    expect(await accounts.update('one', () => record)).toBe(true);
    expect(await accounts.update('one', (same) => same && { ...same, keys: [...same.keys] })).toBe(false);
    expect(await accounts.update('two', () => undefined)).toBe(false);
    expect(writes).toHaveLength(1);
  });

  it('are read again when they were edited by hand, and not otherwise', async () => {
    await accounts.update('one', () => record);
    await accounts.get('one');
    reads = 0;
    await accounts.get('one');
    expect(reads).toBe(0);
    const text = await readFile(file('one'), 'utf8');
    await writeFile(file('one'), text.replace('"suspended": false', '"suspended": true'));
    await utimes(file('one'), 1, 1);
    expect((await accounts.get('one'))?.suspended).toBe(true);
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"version":1,"keys":[{"secret_key":"SECRET', 'it is not JSON'],
    ['{"version":2}', 'it is not of version 1'],
    ['{"version":1,"resource":"x","name":"","suspended":false}', 'it is not complete'],
    ['{"version":1,"resource":"x","name":"","suspended":false,"keys":[{}]}', 'it is not complete'],
  ])('are never overwritten when they cannot be read, and stop their account only: %j', async (text, reason) => {
    await accounts.update('two', () => ({ ...record, keys: keyOf('other') }));
    await writeFile(file('one'), text);
    const refusal = accounts.update('one', () => record);
    await expect(refusal).rejects.toMatchObject({ code: 'IRONBUCKET_FILE_DAMAGED', disposition: 'operator' });
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.not.toThrow('SECRET');
    expect(await readFile(file('one'), 'utf8')).toBe(text);
    expect((await others().holderOf('other'))?.account).toBe('two');
  });

  it('that disappear are an outage, not a storage without accounts', async () => {
    const gone = { code: 'IRONBUCKET_STORAGE_GONE', disposition: 'operator' };
    await accounts.update('one', () => record);
    await storage.remove();
    await expect(accounts.get('one')).rejects.toMatchObject(gone);
    await mkdir(storage.root);
    await expect(accounts.names()).rejects.toMatchObject(gone);
    await expect(accounts.update('two', () => record)).rejects.toMatchObject(gone);
  });

  it('keep their contents when they could not be written', async () => {
    await accounts.update('one', () => record);
    const full: Disk = { ...nodeDisk, write: () => Promise.reject(new Error('full')) };
    const other = openAccounts(full, layoutOf(storage.root));
    await expect(other.update('one', () => ({ ...record, name: 'Two' }))).rejects.toThrow('full');
    expect(await other.get('one')).toEqual(record);
  });
});

describe('the holder of an access key', () => {
  it('is known at once, also when another process issued it, and not any more when it was revoked', async () => {
    await accounts.update('one', () => record);
    expect((await accounts.holderOf('AK'))?.account).toBe('one');
    expect(await accounts.holderOf('new')).toBeUndefined();
    const other = others();
    await other.update('two', () => ({ ...record, keys: keyOf('new') }));
    expect((await accounts.holderOf('new'))?.account).toBe('two');
    await other.update('two', (same) => same && { ...same, keys: keyOf('newer') });
    expect(await accounts.holderOf('new')).toBeUndefined();
    await other.update('two', () => undefined);
    expect(await accounts.holderOf('newer')).toBeUndefined();
    await accounts.update('one', () => undefined);
    expect(await accounts.holderOf('AK')).toBeUndefined();
  });

  it('costs one look at a file, and an unknown one no more than one at the directory', async () => {
    for (const name of ['one', 'two', 'three']) await accounts.update(name, () => ({ ...record, keys: keyOf(name) }));
    let looks = 0;
    const counting = { ...nodeDisk, identity: (path: string) => nodeDisk.identity(path).finally(() => looks++) };
    const fresh = openAccounts(counting, layoutOf(storage.root));
    await fresh.holderOf('one');
    looks = 0;
    await fresh.holderOf('one');
    await fresh.holderOf('unknown');
    expect(looks).toBe(2);
  });
});

describe('accounts.json of an earlier version', () => {
  const old = { ...record, keys: [{ access_key: 'AK', secret_key: 'SK' }] };
  const text = JSON.stringify({ version: 1, accounts: { one: old, two: { ...old, name: 'Two', keys: [] } } });
  beforeEach(async () => {
    await mkdir(storage.path('.agent'));
    await writeFile(storage.path('.agent/accounts.json'), text);
  });

  it('is read, and split by the first change', async () => {
    expect(await accounts.get('one')).toEqual(record);
    expect((await accounts.holderOf('AK'))?.account).toBe('one');
    expect(new Set(await accounts.names())).toEqual(new Set(['one', 'two']));
    expect(writes).toEqual([]);
    await accounts.update('two', () => undefined);
    expect(await readdir(storage.path('.agent'))).toEqual(['accounts']);
    expect(await others().names()).toEqual(['one']);
    expect(await others().get('one')).toEqual(record);
  });

  it('is split as well when that was interrupted, and what is newer stays', async () => {
    await mkdir(storage.path('.agent/accounts'));
    await writeFile(file('one'), JSON.stringify({ version: 1, ...old, suspended: true }));
    expect((await accounts.get('one'))?.suspended).toBe(true);
    await accounts.update('three', () => record);
    expect((await others().get('one'))?.suspended).toBe(true);
    expect((await others().get('two'))?.name).toBe('Two');
  });

  it('that cannot be read stops everything and stays, until it is mended', async () => {
    const damaged = { code: 'IRONBUCKET_FILE_DAMAGED' };
    await writeFile(storage.path('.agent/accounts.json'), '{"version":1,"acc');
    await expect(accounts.get('one')).rejects.toMatchObject(damaged);
    await expect(accounts.update('one', () => record)).rejects.toMatchObject(damaged);
    expect(await readFile(storage.path('.agent/accounts.json'), 'utf8')).toBe('{"version":1,"acc');
    await writeFile(storage.path('.agent/accounts.json'), text);
    await accounts.update('one', () => ({ ...record, name: 'again' }));
    await rm(file('one'));
    expect(await accounts.get('one')).toBeUndefined();
  });
});
