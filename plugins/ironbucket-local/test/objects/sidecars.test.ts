import { beforeEach, describe, expect, it } from 'vitest';
import type { FileFacts } from '../../objects/files.ts';
import { formatSidecar } from '../../objects/sidecar.ts';
import { openSidecars, type Sidecars } from '../../objects/sidecars.ts';

/** Two files that are looked at, and when. Times are milliseconds. */
const NOW = 1_000_000;
const OLD = NOW - 10_000;
const DATA: FileFacts = file({ inode: 1, size: 3 });

let sidecar: FileFacts | undefined;
let etag: string;
let looks: number;
let reads: number;
let sidecars: Sidecars;

beforeEach(() => {
  [sidecar, etag, looks, reads] = [file({ inode: 2, size: 200 }), 'first', 0, 0];
  sidecars = openSidecars({
    files: {
      facts: async () => {
        looks++;
        return sidecar;
      },
    },
    disk: {
      read: async () => {
        reads++;
        return formatSidecar({
          key: 'a',
          size: 3,
          etag,
          modified: new Date(OLD),
          encrypted: false,
          metadata: {},
          contentType: undefined,
        });
      },
    },
    clock: { now: () => new Date(NOW) },
  });
});

describe('a sidecar is read once', () => {
  it('while its file is the same', async () => {
    for (let turn = 0; turn < 3; turn++) expect(await sidecars.read('a')).toMatchObject({ etag: 'first' });
    expect([looks, reads]).toEqual([3, 1]);
    replaceSidecar({ inode: 3 });
    expect(await sidecars.read('a')).toMatchObject({ etag: 'second' });
  });

  it.each([
    ['so young that another one could look the same', { modifiedMs: NOW - 1000 }],
    ['so large that it would take much memory', { size: 1025 }],
  ])('but not one that is %s', async (_, changes) => {
    sidecar = file({ inode: 2, size: 200, ...changes });
    await sidecars.read('a');
    await sidecars.read('a');
    expect(reads).toBe(2);
  });

  it('and forgotten when it is gone', async () => {
    await sidecars.read('a');
    sidecar = undefined;
    expect(await sidecars.read('a')).toBeUndefined();
    sidecar = file({ inode: 2, size: 200 });
    await sidecars.read('a');
    expect(reads).toBe(2);
  });
});

describe('beside a file whose bytes are the same, it is not even looked at', () => {
  it('once it is known to be theirs', async () => {
    for (let turn = 0; turn < 3; turn++) expect(await sidecars.readBeside(DATA, 'a')).toMatchObject({ etag: 'first' });
    expect([looks, reads]).toEqual([1, 1]);
  });

  it.each([
    ['inode', { inode: 9 }],
    ['size', { size: 4 }],
    ['time', { modifiedMs: OLD + 1 }],
  ])('other bytes are noticed by their %s', async (_, changes) => {
    await sidecars.readBeside(DATA, 'a');
    replaceSidecar({ inode: 3 });
    expect(await sidecars.readBeside({ ...DATA, ...changes }, 'a')).toMatchObject({ etag: 'second' });
  });

  it('the sidecar of the bytes before them is not taken for theirs', async () => {
    const placed = { ...DATA, placedMs: OLD + 1 };
    expect(await sidecars.readBeside(placed, 'a')).toMatchObject({ etag: 'first' });
    replaceSidecar({ inode: 3, placedMs: OLD + 2 });
    expect(await sidecars.readBeside(placed, 'a')).toMatchObject({ etag: 'second' });
  });

  it('nor one that was put there a moment ago', async () => {
    sidecar = file({ inode: 2, size: 200, placedMs: NOW - 1000 });
    await sidecars.readBeside(DATA, 'a');
    await sidecars.readBeside(DATA, 'a');
    expect(looks).toBe(2);
  });

  it('and whoever asks for all that it says still looks', async () => {
    await sidecars.readBeside(DATA, 'a');
    replaceSidecar({ inode: 3 });
    expect(await sidecars.read('a')).toMatchObject({ etag: 'second' });
  });
});

function replaceSidecar(changes: Partial<FileFacts>): void {
  sidecar = file({ size: 200, ...changes });
  etag = 'second';
}

function file(changes: Partial<FileFacts>): FileFacts {
  const times = { modified: new Date(OLD), modifiedMs: OLD, placedMs: OLD, created: new Date(OLD) };
  return { kind: 'file', size: 0, inode: 0, identity: '', ...times, ...changes };
}
