import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, chunks, createShelf, plain, type Shelf, signal } from './lab.ts';

let shelf: Shelf;
beforeEach(async () => {
  shelf = await createShelf();
});
afterEach(() => shelf.close());

describe('a folder', () => {
  it('has a marker that is an object of its own; removing it removes nothing else [defect 6]', async () => {
    await shelf.put('dir/', '');
    await shelf.put('dir/a', 'a');
    const etag = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(await shelf.objects.head(BUCKET, 'dir/')).toMatchObject({ size: 0, etag });
    expect((await shelf.list()).objects.map(({ key }) => key)).toEqual(['dir/', 'dir/a']);
    expect(await shelf.remove('dir/')).toBe(true);
    expect(await shelf.objects.head(BUCKET, 'dir/')).toBeUndefined();
    expect(await shelf.get('dir/a')).toBe('a');
    expect(await shelf.remove('dir/')).toBe(false);
    expect(shelf.ledger).toMatchObject({ used: 1, objects: 1 });
  });

  it('cannot be removed by its name without the slash [defect 11]', async () => {
    await shelf.put('dir/a', 'a');
    expect(await shelf.remove('dir')).toBe(false);
    expect(await shelf.get('dir/a')).toBe('a');
    expect(shelf.ledger).toMatchObject({ used: 1, objects: 1 });
  });

  it('may have contents of its own, which other servers do not see', async () => {
    await shelf.put('dir/', '');
    await shelf.put('dir/', 'text');
    expect(await shelf.get('dir/')).toBe('text');
    expect(await readdir(shelf.path())).not.toContain('dir.metadata');
    await shelf.put('dir/', '');
    expect(await shelf.get('dir/')).toBe('');
    expect((await shelf.list()).objects.map(({ key }) => key)).toEqual(['dir/']);
    expect(shelf.ledger).toMatchObject({ used: 0, objects: 1 });
    expect(await shelf.remove('dir/')).toBe(true);
    expect(await shelf.get('dir/')).toBeUndefined();
  });

  it('may have the name of an object, whichever came first', async () => {
    await shelf.put('a', 'file');
    for (const key of ['a/b', 'a/b/c', 'a/']) await shelf.put(key, key);
    await shelf.put('d/e/f', 'x');
    for (const key of ['d', 'd/e']) await shelf.put(key, key);
    for (const key of ['a/b', 'a/b/c', 'a/', 'd', 'd/e']) expect(await shelf.get(key)).toBe(key);
    expect([await shelf.get('a'), await shelf.get('d/e/f')]).toEqual(['file', 'x']);
    expect((await shelf.list()).objects.map(({ key }) => key)).toEqual([
      'a',
      'a/',
      'a/b',
      'a/b/c',
      'd',
      'd/e',
      'd/e/f',
    ]);
    // What can be where other servers look for it is there.
    expect(await readdir(shelf.path())).toEqual(expect.arrayContaining(['a', 'd']));
    await shelf.remove('a');
    expect(await shelf.get('a/b')).toBe('a/b');
    expect(shelf.ledger).toMatchObject({ objects: 6, unknown: 0 });
    expect(await shelf.leftovers()).toEqual([]);
  });

  it('that is empty gives way to an object of its name, with what a crash left in it', async () => {
    await shelf.put('a/b/c', 'x');
    await shelf.remove('a/b/c');
    expect(await readdir(shelf.path())).toContain('a');
    await writeFile(shelf.path('a/b/gone.metadata'), '{}');
    await shelf.put('a', 'file');
    expect(await shelf.get('a')).toBe('file');
  });

  it('with a marker in it does not: the object goes elsewhere', async () => {
    await shelf.put('a/b/', '');
    await shelf.put('a', 'file');
    expect([await shelf.get('a'), await shelf.get('a/b/')]).toEqual(['file', '']);
    expect((await lstat(shelf.path('a'))).isDirectory()).toBe(true);
  });

  it('goes with its last object when remove_empty_folders is on', async () => {
    const tidy = await createShelf({ removeEmptyFolders: true });
    await tidy.put('a/b/c', 'x');
    await tidy.put('a/d', 'x');
    await tidy.remove('a/b/c');
    expect(await readdir(tidy.path('a'))).toEqual(['d', 'd.metadata']);
    await tidy.remove('a/d');
    expect(await readdir(tidy.path())).toEqual(['.uploads']);
    await tidy.close();
  });

  it('is made and removed by many at once without harm', async () => {
    const tidy = await createShelf({ removeEmptyFolders: true });
    const turns = Array.from({ length: 40 }, async (_, index) => {
      const key = `a/b/${index % 4}`;
      if (index % 3 === 0) await tidy.remove(key);
      else await tidy.put(key, String(index));
    });
    const failed = (await Promise.allSettled(turns)).filter(({ status }) => status === 'rejected');
    expect(failed).toEqual([]);
    expect((await tidy.list()).objects).toHaveLength(tidy.ledger.objects);
    await tidy.close();
  });
});

describe('what is no file', () => {
  it('is not followed: a link out of the bucket, or inside it', async () => {
    const outside = join(shelf.root, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, shelf.path('folder'));
    await symlink(join(outside, 'secret'), shelf.path('file'));
    for (const key of ['file', 'folder/secret']) {
      expect(await shelf.get(key)).toBeUndefined();
      expect(await shelf.objects.head(BUCKET, key)).toBeUndefined();
      expect(await shelf.remove(key)).toBe(false);
    }
    for (const prefix of ['', 'folder/', 'folder/s']) expect((await shelf.list({ prefix })).objects).toEqual([]);
    for (const key of ['file', 'folder/secret', 'folder/new', 'folder/', 'folder/a/b']) {
      await shelf.put(key, 'x');
      expect(await shelf.get(key)).toBe('x');
    }
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('is not opened: a pipe', async () => {
    execFileSync('mkfifo', [shelf.path('pipe')]);
    expect(await shelf.get('pipe')).toBeUndefined();
    expect((await shelf.list()).objects).toEqual([]);
    await shelf.put('pipe', 'x');
    expect(await shelf.get('pipe')).toBe('x');
  });
});

describe('a bucket that is not there', () => {
  it('is not made by a write', async () => {
    execFileSync('rm', ['-r', shelf.path()]);
    for (const key of ['x', 'a/x']) await expect(shelf.put(key, 'x')).rejects.toMatchObject({ reason: 'no-bucket' });
    await expect(shelf.objects.uploads.create(BUCKET, 'x', plain, shelf.ledger)).rejects.toMatchObject({
      reason: 'no-bucket',
    });
    expect(await readdir(shelf.root)).toEqual([]);
    expect((await shelf.list()).objects).toEqual([]);
  });

  it('is not made by a write that was under way [defect 17]', async () => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks('begun');
      execFileSync('rm', ['-r', shelf.path()]);
    };
    for (const key of ['x', 'a/x']) {
      await mkdir(shelf.path(), { recursive: true });
      const content = { body: body(), describe: () => plain };
      const put = shelf.objects.put(BUCKET, key, content, { reservation: shelf.ledger }, signal);
      await expect(put).rejects.toMatchObject({ reason: 'no-bucket' });
    }
    expect(await readdir(shelf.root)).toEqual([]);
  });
});
