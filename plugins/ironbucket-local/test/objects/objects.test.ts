import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, chunks, collect, createShelf, plain, type Shelf, signal } from './lab.ts';

let shelf: Shelf;
beforeEach(async () => {
  shelf = await createShelf();
});
afterEach(() => shelf.close());

const MD5_OF_HELLO = '5d41402abc4b2a76b9719d911017c592';

describe('an object', () => {
  it('is a file under its key, with a sidecar in the format of IronBucket', async () => {
    const metadata = { colour: 'blue', größe: 'ü' };
    const checksums = { crc32: 'NhCmhg==' };
    await shelf.put('a/b/hello', 'hello', { ...plain, cacheControl: 'no-store', metadata, checksums });
    expect(await readFile(shelf.path('a/b/hello'), 'utf8')).toBe('hello');
    expect(JSON.parse(await readFile(shelf.path('a/b/hello.metadata'), 'utf8'))).toEqual({
      key: 'a/b/hello',
      size: 5,
      etag: MD5_OF_HELLO,
      last_modified: expect.stringMatching(/Z$/),
      content_type: 'text/plain',
      storage_class: 'STANDARD',
      metadata,
      version_id: null,
      encryption: null,
      tags: {},
      cache_control: 'no-store',
      checksums,
    });
    expect(await shelf.objects.head(BUCKET, 'a/b/hello')).toMatchObject({
      size: 5,
      etag: MD5_OF_HELLO,
      contentType: 'text/plain',
      cacheControl: 'no-store',
      metadata,
      checksums,
    });
    expect(await shelf.leftovers()).toEqual([]);
  });

  it('reads in ranges, and stays what it was while it is read', async () => {
    const text = '0123456789'.repeat(60_000);
    const content = { body: chunks(text, 65_536), describe: () => plain };
    await shelf.objects.put(BUCKET, 'big', content, { reservation: shelf.ledger }, signal);
    const open = await shelf.objects.open(BUCKET, 'big');
    const stream = open?.read(3, 600_000);
    const first = Buffer.from((await stream?.next())?.value ?? '');
    await shelf.put('big', 'replaced');
    const rest = stream === undefined ? Buffer.alloc(0) : await collect(stream);
    await open?.close();
    expect(Buffer.concat([first, rest]).toString()).toBe(text.slice(3));
    expect(await shelf.get('big')).toBe('replaced');
  });

  it('is counted as the difference to what it replaces [defect 1]', async () => {
    await shelf.put('x', '0123456789');
    await shelf.put('x', '0123');
    expect(shelf.ledger).toMatchObject({ used: 4, objects: 1 });
    expect(await shelf.remove('x')).toBe(true);
    expect(await shelf.remove('x')).toBe(false);
    expect(shelf.ledger).toMatchObject({ used: 0, objects: 0 });
    expect(await readdir(shelf.path())).toEqual(['.uploads']);
  });

  it('is what came, in whatever pieces it came', async () => {
    const sizes = [1, 0, 65_536, 300_000, 7, 262_144, 262_143, 1, 131_072];
    const pieces = sizes.map((size) => randomBytes(size));
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces;
    };
    const content = { body: body(), describe: () => plain };
    const stored = await shelf.objects.put(BUCKET, 'x', content, { reservation: shelf.ledger }, signal);
    const whole = Buffer.concat(pieces);
    expect((await readFile(shelf.path('x'))).equals(whole)).toBe(true);
    expect(stored).toMatchObject({ size: whole.length, etag: createHash('md5').update(whole).digest('hex') });
  });

  it('is not there when its body fails, and the old one is', async () => {
    await shelf.put('x', 'old');
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks('half of');
      throw new Error('the connection is gone');
    };
    const content = { body: failing(), describe: () => plain };
    const terms = { reservation: shelf.ledger };
    await expect(shelf.objects.put(BUCKET, 'x', content, terms, signal)).rejects.toThrow('gone');
    expect(await shelf.get('x')).toBe('old');
    expect(await shelf.leftovers()).toEqual([]);
    expect(shelf.ledger).toMatchObject({ used: 3, objects: 1, unknown: 0 });
  });

  it('is not written when the condition or the quota says no', async () => {
    await shelf.put('x', 'old');
    const change = (terms: object): Promise<unknown> => {
      const content = { body: chunks('new'), describe: () => plain };
      return shelf.objects.put(BUCKET, 'x', content, { reservation: shelf.ledger, ...terms }, signal);
    };
    const condition = (current: unknown): never => {
      expect(current).toMatchObject({ size: 3, etag: '149603e6c03516362a8da23f624db945' });
      throw new Error('no');
    };
    await expect(change({ condition })).rejects.toThrow('no');
    const fit = (): never => {
      throw new Error('full');
    };
    await expect(change({ reservation: { ...shelf.ledger, fit } })).rejects.toThrow('full');
    expect(await shelf.get('x')).toBe('old');
    expect(await shelf.leftovers()).toEqual([]);
  });

  it('is counted by the size of its file, however it is stored [defect 9]', async () => {
    await writeFile(shelf.path('x'), 'ciphertext');
    const last_modified = '2025-01-27T10:00:00Z';
    const sidecar = {
      key: 'x',
      size: 4,
      etag: `"${MD5_OF_HELLO}"`,
      last_modified,
      encryption: { algorithm: 'AES256' },
    };
    await writeFile(shelf.path('x.metadata'), JSON.stringify(sidecar));
    expect(await shelf.objects.head(BUCKET, 'x')).toMatchObject({ encrypted: true, etag: MD5_OF_HELLO });
    await shelf.remove('x');
    expect(shelf.ledger.used).toBe(-10);
  });
});

describe('a tree that was there before', () => {
  it('is served as it is, with an ETag that is no MD5 and changes with the file', async () => {
    await mkdir(shelf.path('photos'));
    await writeFile(shelf.path('photos/1.jpg'), 'one');
    const first = await shelf.objects.head(BUCKET, 'photos/1.jpg');
    expect(first?.etag).toMatch(/^[0-9a-f]{32}-1$/);
    expect(await shelf.reopen().objects.head(BUCKET, 'photos/1.jpg')).toEqual(first);
    await utimes(shelf.path('photos/1.jpg'), new Date(0), new Date(0));
    expect((await shelf.objects.head(BUCKET, 'photos/1.jpg'))?.etag).not.toBe(first?.etag);
    expect(await shelf.get('photos/1.jpg')).toBe('one');
  });

  it.each(['not JSON', '[]', '{}', '{"key":"x","size":-1,"etag":"e","last_modified":"2025-01-27T10:00:00Z"}'])(
    'is served without a sidecar that no one can read: %s',
    async (text) => {
      await writeFile(shelf.path('x'), 'x');
      await writeFile(shelf.path('x.metadata'), text);
      expect(await shelf.objects.head(BUCKET, 'x')).toMatchObject({ size: 1, etag: expect.stringMatching(/-1$/) });
    },
  );

  it('is right about sizes when a sidecar is not', async () => {
    await shelf.put('x', 'hello', { ...plain, metadata: { keep: 'me' } });
    await writeFile(shelf.path('x'), 'longer than that');
    const etag = expect.stringMatching(/-1$/);
    expect(await shelf.objects.head(BUCKET, 'x')).toMatchObject({ size: 16, etag, metadata: { keep: 'me' } });
  });

  it('keeps fields no one here knows when an object is written with what it said', async () => {
    await shelf.put('x', 'hello');
    const path = shelf.path('x.metadata');
    const sidecar = JSON.parse(await readFile(path, 'utf8')) as object;
    const text = JSON.stringify({ ...sidecar, tags: { a: 'b' }, generation: 1 });
    await writeFile(path, text.replace(/1}$/, '18446744073709551615}'));
    const stored = await shelf.objects.head(BUCKET, 'x');
    await shelf.put('x', 'hello', { ...plain, ...stored });
    expect(await readFile(path, 'utf8')).toContain('"generation": 18446744073709551615');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ tags: { a: 'b' } });
  });
});
