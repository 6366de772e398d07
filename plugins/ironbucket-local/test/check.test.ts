import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/plugin/contract.ts';
import { create, createStorage, limit, type Storage, signal } from './lab.ts';

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

describe('check', () => {
  it('is content with an empty storage path', async () => {
    expect(await statuses()).toEqual({
      'storage path': 'ok',
      'accounts file': 'ok',
      'free space': 'ok',
      'S3 gateway': 'ok',
      'public endpoint': 'warning',
    });
    expect(await readdir(storage.root)).toEqual([]);
  });

  it('compares what was ordered with what is free', async () => {
    await backend.apply(create({ bytes: 2n ** 60n }), signal);
    expect(await check('free space')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('1 EiB ordered'),
    });
    await limit(backend, null);
    expect(await check('free space')).toMatchObject({ detail: expect.stringContaining('1 bucket without a limit') });
  });

  it('warns when others can read the keys', async () => {
    await backend.apply(create(), signal);
    expect((await check('accounts file'))?.status).toBe('ok');
    await chmod(storage.path('.agent/accounts.json'), 0o644);
    expect(await check('accounts file')).toMatchObject({
      status: 'warning',
      hint: expect.stringContaining('chmod 600'),
    });
    await writeFile(storage.path('.agent/accounts.json'), 'x');
    expect((await check('accounts file'))?.status).toBe('failed');
  });

  it('takes a public endpoint as it is', async () => {
    const other = await createStorage({ public_endpoint: 'https://s3.example.org' });
    const checks = await other.open().check(signal);
    expect(checks.at(-1)).toEqual({ name: 'public endpoint', status: 'ok', detail: 'https://s3.example.org' });
    await other.remove();
  });

  it('says what is wrong with the storage path, and stops there', async () => {
    const file = storage.path('file');
    await writeFile(file, '');
    const wrong = await createStorage({ storage_path: file });
    expect(await wrong.open().check(signal)).toMatchObject([
      { status: 'failed', detail: `${file} is not a directory` },
    ]);
    await wrong.remove();
    await rm(storage.root, { recursive: true });
    expect(await backend.check(signal)).toMatchObject([
      { name: 'storage path', status: 'failed', hint: expect.stringContaining('mounted') },
    ]);
  });
});

async function check(name: string): Promise<{ status: string } | undefined> {
  return (await backend.check(signal)).find((finding) => finding.name === name);
}

async function statuses(): Promise<Record<string, string>> {
  return Object.fromEntries((await backend.check(signal)).map(({ name, status }) => [name, status]));
}
