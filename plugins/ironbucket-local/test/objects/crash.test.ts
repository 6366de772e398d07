import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Files, nodeFiles } from '../../objects/files.ts';
import type { StoredObject } from '../../objects/stored.ts';
import { createMortal, death, MOMENTS, type Moment } from '../mortal.ts';
import { BUCKET, chunks, createShelf, plain, type Shelf, signal } from './lab.ts';

const real = nodeFiles({ fsync: false });

let shelf: Shelf;
afterEach(() => shelf.close());

const old = { ...plain, metadata: { version: 'old' } };
const fresh = { ...plain, metadata: { version: 'new' } };

describe.each(MOMENTS)('a crash %s any effect on the file system', (moment) => {
  it('of a put leaves the old object or the new one, whole', async () => {
    await everyCrash(
      moment,
      async (dying) => void (await dying.put('a/x', 'new contents', fresh)),
      async (after) => {
        const { version } = await whole(after, 'a/x');
        expect(['old', 'new']).toContain(version);
      },
    );
  });

  it('of the first put under a key leaves no object or a whole one', async () => {
    await everyCrash(
      moment,
      async (dying) => void (await dying.put('n/x', 'new contents', fresh)),
      async (after) => {
        if ((await after.get('n/x')) !== undefined) expect((await whole(after, 'n/x')).version).toBe('new');
      },
    );
  });

  it('of a removal leaves the object or nothing', async () => {
    await everyCrash(
      moment,
      async (dying) => void (await dying.remove('a/x')),
      async (after) => {
        if ((await after.get('a/x')) !== undefined) expect((await whole(after, 'a/x')).version).toBe('old');
        // What is left of it does not become part of the next one.
        await after.put('a/x', 'new contents', fresh);
        expect((await whole(after, 'a/x')).version).toBe('new');
      },
    );
  });

  it('of an upload leaves it open, or the object', async () => {
    await everyCrash(
      moment,
      async (dying) => {
        const { uploads } = dying.objects;
        const { id } = await uploads.create(BUCKET, 'a/x', fresh, dying.ledger);
        const upload = { bucket: BUCKET, key: 'a/x', id };
        const part = await uploads.putPart(upload, 1, { body: chunks('new contents') }, dying.ledger, signal);
        await uploads.complete(upload, [part], { reservation: dying.ledger }, signal);
      },
      async (after) => {
        expect(['old', 'new']).toContain((await whole(after, 'a/x')).version);
        for (const { id } of await after.objects.uploads.list(BUCKET, signal)) {
          const upload = { bucket: BUCKET, key: 'a/x', id };
          const parts = await after.objects.uploads.parts(upload, signal);
          const reservation = after.ledger;
          if (parts.length > 0) await after.objects.uploads.complete(upload, parts, { reservation }, signal);
          else await after.objects.uploads.abort(upload, reservation);
        }
      },
    );
  });
});

describe('a disk that is full', () => {
  it('leaves the old object, nothing else, and nothing counted [defect 28]', async () => {
    shelf = await createShelf();
    await shelf.put('x', 'old', old);
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const files: Files = {
      ...real,
      create: async (path) => {
        const file = await real.create(path);
        let room = 10;
        const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
          for (const chunk of chunks) {
            if (chunk.length > room) throw full;
            room -= chunk.length;
            await file.write([chunk]);
          }
        };
        return { write, close: () => file.close() };
      },
    };
    const crowded = shelf.reopen(files);
    await expect(crowded.put('x', 'longer than what there is room for')).rejects.toBe(full);
    // Room for the data, not for the sidecar.
    await expect(crowded.put('x', 'short')).rejects.toBe(full);
    expect((await whole(shelf, 'x')).version).toBe('old');
    expect(await shelf.leftovers()).toEqual([]);
    expect(crowded.ledger).toMatchObject({ used: 0, objects: 0, unknown: 0 });
  });

  it('that has no room for a name either leaves an object without a wrong ETag', async () => {
    shelf = await createShelf();
    await shelf.put('x', 'old', old);
    const files: Files = {
      ...real,
      move: async (from, to) => {
        if (to.endsWith('.metadata')) throw new Error('no room in the directory');
        await real.move(from, to);
      },
    };
    const crowded = shelf.reopen(files);
    await expect(crowded.put('x', 'new')).rejects.toThrow('no room');
    expect(await shelf.get('x')).toBe('new');
    expect((await shelf.objects.head(BUCKET, 'x'))?.etag).toMatch(/-1$/);
    expect(crowded.ledger).toMatchObject({ used: 0, objects: 0, unknown: 0 });
    await shelf.reopen().objects.recover(BUCKET, signal);
    expect((await shelf.objects.head(BUCKET, 'x'))?.etag).toMatch(/-1$/);
  });

  it('that fails while an object is moved into place makes its size unknown [defect 22]', async () => {
    shelf = await createShelf();
    await shelf.put('x', 'old', old);
    const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    const fail = async (): Promise<never> => {
      throw broken;
    };
    const failing = shelf.reopen({ ...real, move: fail, replace: fail, remove: fail });
    await expect(failing.put('x', 'new')).rejects.toThrow();
    await expect(failing.remove('x')).rejects.toBe(broken);
    expect(failing.ledger).toMatchObject({ used: 0, objects: 0, unknown: 2 });
  });
});

/** Lets the process die at its first effect, then at its second, until it gets through. */
async function everyCrash(
  moment: Moment,
  act: (dying: Shelf) => Promise<void>,
  check: (after: Shelf) => Promise<void>,
): Promise<void> {
  for (let survived = 0; ; survived++) {
    shelf = await createShelf();
    await shelf.put('a/x', 'old', old);
    const world = mortal(survived, moment);
    await act(shelf.reopen(world.files)).catch((error: unknown) => expect(error).toBe(death));
    const after = shelf.reopen();
    await after.objects.recover(BUCKET, signal);
    expect(await readdir(shelf.path('.uploads'))).toEqual([]);
    await check(after);
    for (const { key } of (await after.list()).objects) expect(['a/x', 'n/x']).toContain(key);
    await shelf.close();
    if (!world.died()) {
      expect(survived).toBeGreaterThan(1);
      return;
    }
  }
}

/** Contents and sidecar belong together. */
async function whole(on: Shelf, key: string): Promise<{ readonly version: string | undefined }> {
  const text = await on.get(key);
  const object = (await on.objects.head(BUCKET, key)) as StoredObject;
  const version = text === 'old' ? 'old' : text === 'new contents' ? 'new' : text;
  expect(object).toMatchObject({ size: text?.length, metadata: { version } });
  expect(JSON.parse(await readFile(on.path(`${key}.metadata`), 'utf8'))).toMatchObject({ key, size: text?.length });
  return { version };
}

/** A dead process has no further effects. */
function mortal(effects: number, moment: Moment): { readonly files: Files; died(): boolean } {
  const { effect, died } = createMortal(effects, moment);
  const files: Files = {
    ...real,
    create: (path) =>
      effect(async () => {
        const file = await real.create(path);
        // The system closes what a dead process had open.
        if (died()) await file.close();
        const write = (chunks: readonly Uint8Array[]): Promise<void> =>
          effect(
            () => file.write(chunks),
            () => file.write(chunks.map((chunk) => chunk.subarray(0, chunk.length / 2)).slice(0, 1)),
          );
        return { write, close: () => file.close() };
      }),
    move: (...args) => effect(() => real.move(...args)),
    replace: (...args) => effect(() => real.replace(...args)),
    remove: (...args) => effect(() => real.remove(...args)),
    makeDirectory: (...args) => effect(() => real.makeDirectory(...args)),
    removeDirectory: (...args) => effect(() => real.removeDirectory(...args)),
  };
  return { files, died };
}
