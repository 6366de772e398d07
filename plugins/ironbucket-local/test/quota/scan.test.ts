import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { scan } from '../../quota/scan.ts';
import { makeUnreadable } from '../lab.ts';

const signal = new AbortController().signal;

describe('scan', () => {
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
    expect(await scan(root, systemClock, signal)).toEqual({ bytes: 30n, objects: 3n });
    // The marker of a folder, which has no bytes, and an escaped key.
    await put('deep/.metadata', 1000);
    await put('.metadata', 1000);
    await put('.keys/2e61', 5);
    await put('.keys/2e61.metadata', 1000);
    await put('deep/.keys/2e61', 1000);
    expect(await scan(root, systemClock, signal)).toEqual({ bytes: 35n, objects: 5n });
  });

  it('never follows a link', async () => {
    await put('real/file', 10);
    await symlink(join(root, 'real'), join(root, 'link-to-directory'));
    await symlink(join(root, 'real/file'), join(root, 'link-to-file'));
    await symlink('/etc', join(root, 'out'));
    await symlink('.', join(root, 'loop'));
    expect(await scan(root, systemClock, signal)).toEqual({ bytes: 10n, objects: 1n });
  });

  it('leaves out what is no file, and counts the length of a sparse one', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await put('sparse', 0);
    await truncate(join(root, 'sparse'), 5_000_000_000);
    expect(await scan(root, systemClock, signal)).toEqual({ bytes: 5_000_000_000n, objects: 1n });
  });

  it('agrees with find on a larger tree', async () => {
    for (let i = 0; i < 300; i++) await put(`d${i % 7}/e${i % 3}/f${i}`, i);
    const script = 'find "$0" -type f -printf "%s\\n" | awk \'{ s += $1 } END { print s, NR }\'';
    const [bytes = '', objects = ''] = execFileSync('sh', ['-c', script, root], { encoding: 'utf8' }).trim().split(' ');
    expect(await scan(root, systemClock, signal)).toEqual({ bytes: BigInt(bytes), objects: BigInt(objects) });
  });

  it('fails on what it cannot read instead of leaving it out', async () => {
    await put('small', 1);
    makeUnreadable(root);
    await expect(scan(root, systemClock, signal)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
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
