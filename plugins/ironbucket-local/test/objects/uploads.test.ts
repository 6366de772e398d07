import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PartRef } from '../../objects/objects.ts';
import type { Part } from '../../objects/upload-file.ts';
import { BUCKET, chunks, createShelf, plain, type Shelf, signal } from './lab.ts';

const FIVE_MIB = 5 * 1024 * 1024;
const large = Buffer.alloc(FIVE_MIB, 'large ');

let shelf: Shelf;
beforeEach(async () => {
  shelf = await createShelf();
});
afterEach(() => shelf.close());

async function begin(key = 'a/whole'): Promise<PartRef> {
  const { id } = await shelf.objects.uploads.create(
    BUCKET,
    key,
    { ...plain, metadata: { colour: 'blue' } },
    shelf.ledger,
  );
  return { bucket: BUCKET, key, id };
}

function putPart(upload: PartRef, number: number, bytes: string | Buffer, on = shelf): Promise<Part> {
  return on.objects.uploads.putPart(upload, number, { body: chunks(bytes, 65_536) }, on.ledger, signal);
}

function complete(upload: PartRef, parts: readonly { number: number; etag: string }[], on = shelf): Promise<unknown> {
  return on.objects.uploads.complete(upload, parts, { reservation: on.ledger }, signal);
}

describe('an upload in parts', () => {
  it('becomes one object, in the order of the numbers, counted once', async () => {
    await shelf.put('a/whole', 'what was there');
    const upload = await begin();
    const last = await putPart(upload, 10_000, 'the end');
    const first = await putPart(upload, 2, large);
    expect(shelf.ledger).toMatchObject({ used: 14, objects: 1, parts: FIVE_MIB + 7 });
    const md5s = [large, 'the end'].map((bytes) => createHash('md5').update(bytes).digest());
    const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2`;
    expect(await complete(upload, [first, last])).toMatchObject({ size: FIVE_MIB + 7, etag });
    expect(await shelf.objects.head(BUCKET, 'a/whole')).toMatchObject({ etag, metadata: { colour: 'blue' } });
    expect(await shelf.get('a/whole')).toBe(`${large.toString()}the end`);
    expect(shelf.ledger).toMatchObject({ used: FIVE_MIB + 7, objects: 1, parts: 0 });
    expect(await shelf.leftovers()).toEqual([]);
    await expect(complete(upload, [first, last])).rejects.toMatchObject({ reason: 'no-upload' });
  });

  it('goes on after the process died', async () => {
    const upload = await begin();
    const first = await putPart(upload, 1, large);
    const later = shelf.reopen();
    await later.objects.recover(BUCKET, signal);
    expect(await later.objects.uploads.parts(upload, signal)).toEqual([first]);
    const second = await putPart(upload, 2, 'end', later);
    await complete(upload, [first, second], later);
    expect(await later.get('a/whole')).toBe(`${large.toString()}end`);
  });

  it('has one part for each number: the last one', async () => {
    const upload = await begin();
    const old = await putPart(upload, 1, 'a longer one');
    const part = await putPart(upload, 1, 'short');
    expect(shelf.ledger.parts).toBe(5);
    await expect(complete(upload, [old])).rejects.toMatchObject({ reason: 'bad-part' });
    await complete(upload, [part]);
    expect(await shelf.get('a/whole')).toBe('short');
  });

  it('gives back what its parts held when it is aborted, and leaves nothing', async () => {
    const upload = await begin();
    await putPart(upload, 1, 'one');
    await putPart(upload, 2, 'two');
    await shelf.objects.uploads.abort(upload, shelf.ledger);
    expect(shelf.ledger).toMatchObject({ used: 0, objects: 0, parts: 0 });
    expect(await shelf.leftovers()).toEqual([]);
    await expect(putPart(upload, 3, 'three')).rejects.toMatchObject({ reason: 'no-upload' });
    await expect(shelf.objects.uploads.abort(upload, shelf.ledger)).rejects.toMatchObject({ reason: 'no-upload' });
  });

  it('gives back the parts that were not named as well', async () => {
    const upload = await begin();
    const part = await putPart(upload, 1, 'used');
    await putPart(upload, 2, 'not used');
    await complete(upload, [part]);
    expect(await shelf.get('a/whole')).toBe('used');
    expect(shelf.ledger).toMatchObject({ used: 4, objects: 1, parts: 0 });
  });

  it.each<[string, (one: Part, two: Part) => readonly { number: number; etag: string }[]]>([
    ['no-parts', () => []],
    ['bad-part', (one) => [{ ...one, etag: 'other' }]],
    ['bad-part', (one) => [one, { number: 3, etag: 'x' }]],
    ['part-order', (one, two) => [two, one]],
    ['part-order', (one) => [one, one]],
    ['small-part', (one, two) => [one, two]],
  ])('refuses with %s', async (reason, choose) => {
    const upload = await begin();
    const [one, two] = [await putPart(upload, 1, 'small'), await putPart(upload, 2, 'end')];
    await expect(complete(upload, choose(one, two))).rejects.toMatchObject({ reason });
    expect(await shelf.objects.uploads.parts(upload, signal)).toEqual([one, two]);
    expect(await shelf.get('a/whole')).toBeUndefined();
    expect(shelf.ledger).toMatchObject({ used: 0, objects: 0, parts: 8 });
  });

  it.each(['../../../etc', '', 'x', '0'.repeat(32), `${'0'.repeat(31)}/`, 'A'.repeat(32)])(
    'that does not exist: %j',
    async (id) => {
      const upload = { bucket: BUCKET, key: 'x', id };
      const missing = { reason: 'no-upload' };
      await expect(putPart(upload, 1, 'x')).rejects.toMatchObject(missing);
      await expect(complete(upload, [])).rejects.toMatchObject(missing);
      await expect(shelf.objects.uploads.parts(upload, signal)).rejects.toMatchObject(missing);
    },
  );

  it('belongs to its key', async () => {
    const upload = await begin('a');
    await expect(putPart({ ...upload, key: 'b' }, 1, 'x')).rejects.toMatchObject({ reason: 'no-upload' });
    expect(await shelf.leftovers()).toHaveLength(2);
  });

  it('that two complete at once is completed once', async () => {
    const upload = await begin();
    const part = await putPart(upload, 1, 'x');
    const [one, two] = await Promise.allSettled([complete(upload, [part]), complete(upload, [part])]);
    expect(one).toMatchObject({ status: 'fulfilled' });
    expect(two).toMatchObject({ status: 'rejected', reason: { reason: 'no-upload' } });
    expect(shelf.ledger).toMatchObject({ used: 1, objects: 1, parts: 0 });
  });

  it('is listed by key, then by id; what another server left is not', async () => {
    await begin('b');
    await begin('a');
    await begin('a');
    await writeFile(shelf.path('.multipart', `${'f'.repeat(32)}.upload`), '{"bucket":"x"}');
    await mkdir(shelf.path('.multipart', 'f'.repeat(32)));
    const uploads = await shelf.objects.uploads.list(BUCKET, signal);
    expect(uploads.map(({ key }) => key)).toEqual(['a', 'a', 'b']);
    expect(uploads.map(({ id }) => id).slice(0, 2)).toEqual(
      uploads
        .map(({ id }) => id)
        .slice(0, 2)
        .sort(),
    );
  });
});
