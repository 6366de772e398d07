import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { createSizes, scan } from '../../quota/scan.ts';
import type { Speed } from '../../quota/speed.ts';
import { walk } from '../../quota/walk.ts';
import { makeUnreadable } from '../lab.ts';

const signal = new AbortController().signal;

const FAST: Speed = { isFast: () => true, time: async (_, work) => work(), ask: async (now) => now() };

describe.each([
  ['whose speed is not known', undefined],
  ['that is fast', FAST],
])('scan of a storage %s', (_, speed) => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'scan-'));
  });
  afterEach(() => {
    // Node cannot remove what is too deep for a path.
    execFileSync('rm', ['-rf', root]);
  });

  it('counts objects and nothing else', async () => {
    await put('a.txt', 10);
    await put('deep/er/b.bin', 20);
    await put('deep/empty', 0);
    for (const internal of ['a.txt.metadata', '.quota', '.quota.tmp', '.versions/a.txt/1', '.multipart/u/part-1']) {
      await put(internal, 1000);
    }
    for (const internal of ['.stats/2026-08.json', 'deep/.hidden', 'dir.metadata/x', 'deep/c.metadata']) {
      await put(internal, 1000);
    }
    await mkdir(join(root, 'nothing/in/here'), { recursive: true });
    expect(await scan(root, systemClock, signal, speed)).toEqual({ bytes: 30n, objects: 3n });
    // The marker of a folder, which has no bytes, and an escaped key.
    await put('deep/.metadata', 1000);
    await put('.metadata', 1000);
    await put('.keys/2e61', 5);
    await put('.keys/2e61.metadata', 1000);
    await put('deep/.keys/2e61', 1000);
    expect(await scan(root, systemClock, signal, speed)).toEqual({ bytes: 35n, objects: 5n });
  });

  it('never follows a link', async () => {
    await put('real/file', 10);
    await symlink(join(root, 'real'), join(root, 'link-to-directory'));
    await symlink(join(root, 'real/file'), join(root, 'link-to-file'));
    await symlink('/etc', join(root, 'out'));
    await symlink('.', join(root, 'loop'));
    expect(await scan(root, systemClock, signal, speed)).toEqual({ bytes: 10n, objects: 1n });
  });

  it('leaves out what is no file, and counts the length of a sparse one', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await put('sparse', 0);
    await truncate(join(root, 'sparse'), 5_000_000_000);
    expect(await scan(root, systemClock, signal, speed)).toEqual({ bytes: 5_000_000_000n, objects: 1n });
  });

  it('agrees with find on a larger tree', async () => {
    for (let i = 0; i < 300; i++) await put(`d${i % 7}/e${i % 3}/f${i}`, i);
    const script = 'find "$0" -type f -printf "%s\\n" | awk \'{ s += $1 } END { print s, NR }\'';
    const [bytes = '', objects = ''] = execFileSync('sh', ['-c', script, root], { encoding: 'utf8' }).trim().split(' ');
    expect(await scan(root, systemClock, signal, speed)).toEqual({ bytes: BigInt(bytes), objects: BigInt(objects) });
  });

  it('fails on what it cannot read instead of leaving it out', async () => {
    await put('small', 1);
    makeUnreadable(root);
    await expect(scan(root, systemClock, signal, speed)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    await expect(scan(join(root, 'small'), systemClock, signal)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(scan(join(root, 'absent'), systemClock, signal)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stops when told to', async () => {
    for (let i = 0; i < 200; i++) await put(`d${i}/f`, 1);
    const stop = new AbortController();
    const scanned = scan(root, systemClock, stop.signal);
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(scanned).rejects.toThrow('enough');
  });

  async function put(name: string, bytes: number): Promise<void> {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), Buffer.alloc(bytes));
  }
});

it('lets others have their turns while it counts many small directories of a fast storage', async () => {
  const root = await mkdtemp(join(tmpdir(), 'scan-'));
  for (let index = 0; index < 2000; index++) await mkdir(join(root, `${index}`));
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  // Every look at the clock takes a millisecond, so that what is asked next takes longer than a turn.
  let nowMs = 0;
  await scan(root, { ...systemClock, monotonicMs: () => nowMs++ / 10 }, signal);
  counting = false;
  expect(turns).toBeGreaterThan(20);
  execFileSync('rm', ['-rf', root]);
});

describe('what a fast storage is asked at once', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'scan-'));
  });
  afterEach(() => void execFileSync('rm', ['-rf', root]));

  it.each([
    [3, [3]],
    [600, []],
  ])('of %d names in a directory: %j', async (files, expected) => {
    for (let index = 0; index < files; index++) await writeFile(join(root, `${index}-${'name'.repeat(20)}`), '');
    const atOnce: number[] = [];
    const time: Speed['time'] = async (_, work) => {
      const result = await work();
      if (Array.isArray(result)) atOnce.push(result.length);
      return result;
    };
    let found = 0;
    for await (const { names } of walk(root, signal, { ...FAST, time })) found += names.length;
    expect([found, atOnce]).toEqual([files, expected]);
  });

  it.each([
    [16, 0],
    [20, 10],
  ])('of the sizes of %d files, the thread pool looks up %d', async (files, pooled) => {
    const names = Array.from({ length: files }, (_, index) => `${index}`);
    const waiting = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'FSReqCallback').length;
    const before = waiting();
    const sizes = createSizes(FAST)(`${root}/`, names);
    expect(waiting() - before).toBe(pooled);
    expect(await sizes).toEqual(names.map(() => undefined));
  });
});
