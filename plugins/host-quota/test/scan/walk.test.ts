import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Owned, walk } from '../../scan/walk.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'walk-'));
});
afterEach(() => rm(root, { recursive: true }));

async function all(signal = new AbortController().signal): Promise<readonly Owned[]> {
  const found: Owned[] = [];
  for await (const owned of walk(root, signal)) found.push(...owned);
  return found;
}

it('counts each file once, by what is allocated, and follows no link', async () => {
  await mkdir(join(root, 'deep/er'), { recursive: true });
  await writeFile(join(root, 'deep/er/file'), Buffer.alloc(100_000, 1));
  const before = await all();
  expect(before).toHaveLength(4);
  await link(join(root, 'deep/er/file'), join(root, 'deep/second-name'));
  await symlink('/usr', join(root, 'elsewhere'));
  await writeFile(join(root, 'sparse'), '');
  await truncate(join(root, 'sparse'), 1_000_000_000);
  const after = await all();
  expect(after).toHaveLength(6);
  const sum = (owned: readonly Owned[]): number => Number(owned.reduce((total, { bytes }) => total + bytes, 0n));
  expect(sum(before)).toBeGreaterThanOrEqual(100_000);
  expect(sum(after) - sum(before)).toBeLessThan(20_000);
  expect(new Set(after.map(({ uid }) => uid))).toEqual(new Set([process.getuid?.()]));
});

it('finds every one of thousands', async () => {
  const names = Array.from({ length: 1500 }, (_, index) => join(root, `f${index}`));
  await Promise.all(names.map((name) => writeFile(name, '')));
  expect(await all()).toHaveLength(1501);
});

it('stops when it is told to', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(all(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});
