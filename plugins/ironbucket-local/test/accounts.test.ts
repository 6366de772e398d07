import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Accounts, openAccounts } from '../accounts.ts';
import { type Disk, nodeDisk } from '../disk.ts';
import { layoutOf } from '../layout.ts';
import { createStorage, OURS, type Storage } from './lab.ts';

const record = { resource: OURS, name: 'One', suspended: false, keys: [{ accessKey: 'AK', secretKey: 'SK' }] };

describe('accounts.json', () => {
  let storage: Storage;
  let writes: number;
  let accounts: Accounts;
  const disk: Disk = {
    ...nodeDisk,
    write: (...args) => {
      writes++;
      return nodeDisk.write(...args);
    },
  };
  const file = (): string => storage.path('.agent/accounts.json');
  beforeEach(async () => {
    storage = await createStorage();
    writes = 0;
    accounts = openAccounts(disk, layoutOf(storage.root));
  });
  afterEach(() => storage.remove());

  it('is empty before the first account, and private from then on', async () => {
    expect((await accounts.read()).size).toBe(0);
    await accounts.update('one', () => record);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(storage.path('.agent'))).mode & 0o777).toBe(0o700);
    expect(await openAccounts(nodeDisk, layoutOf(storage.root)).read()).toEqual(new Map([['one', record]]));
  });

  it('loses no update of many at once, and writes those that wait together', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `account-${i}`);
    await Promise.all(names.map((name) => accounts.update(name, () => ({ ...record, name }))));
    expect([...(await accounts.read()).keys()]).toEqual(names);
    expect(writes).toBeLessThan(10);
    await Promise.all(names.slice(1).map((name) => accounts.update(name, () => undefined)));
    expect([...(await openAccounts(nodeDisk, layoutOf(storage.root)).read()).keys()]).toEqual(['account-0']);
  });

  it('is not written when nothing changes', async () => {
    expect(await accounts.update('one', () => record)).toBe(true);
    expect(await accounts.update('one', (same) => same && { ...same, keys: [...same.keys] })).toBe(false);
    expect(await accounts.update('two', () => undefined)).toBe(false);
    expect(writes).toBe(1);
  });

  it('notices an edit by hand', async () => {
    await accounts.update('one', () => record);
    const text = await readFile(file(), 'utf8');
    await writeFile(file(), text.replace('"suspended": false', '"suspended": true'));
    await utimes(file(), 1, 1);
    expect((await accounts.read()).get('one')?.suspended).toBe(true);
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"version":1,"accounts":{"one":{"keys":[{"secret_key":"SECRET', 'it is not JSON'],
    ['{"version":2,"accounts":{}}', 'it is not of version 1'],
    ['{"version":1}', 'it has no accounts'],
    [
      '{"version":1,"accounts":{"one":{"resource":"x","name":"","suspended":false}}}',
      'the entry of one is not complete',
    ],
    ['{"version":1,"accounts":{"one":{"resource":"x","name":"","suspended":false,"keys":[{}]}}}', 'not complete'],
    ['{"version":1,"accounts":{"one":null}}', 'not complete'],
  ])('%j is never overwritten', async (text, reason) => {
    await mkdir(storage.path('.agent'));
    await writeFile(file(), text);
    const refusal = accounts.update('two', () => record);
    await expect(refusal).rejects.toMatchObject({ code: 'IRONBUCKET_FILE_DAMAGED', disposition: 'operator' });
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.not.toThrow('SECRET');
    expect(await readFile(file(), 'utf8')).toBe(text);
  });

  it('that disappears is an outage, not a storage without accounts', async () => {
    await accounts.update('one', () => record);
    await storage.remove();
    await expect(accounts.read()).rejects.toMatchObject({ code: 'IRONBUCKET_STORAGE_GONE', disposition: 'operator' });
    await mkdir(storage.root);
    await expect(accounts.read()).rejects.toMatchObject({ code: 'IRONBUCKET_STORAGE_GONE' });
    await expect(accounts.update('two', () => record)).rejects.toMatchObject({ code: 'IRONBUCKET_STORAGE_GONE' });
  });

  it('keeps the old contents in mind when it could not be written', async () => {
    await accounts.update('one', () => record);
    const full: Disk = { ...nodeDisk, write: () => Promise.reject(new Error('full')) };
    const other = openAccounts(full, layoutOf(storage.root));
    await expect(other.update('two', () => record)).rejects.toThrow('full');
    expect([...(await other.read()).keys()]).toEqual(['one']);
  });
});
