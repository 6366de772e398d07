import { mkdir, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { nodeFiles } from '../../objects/files.ts';
import type { ListQuery } from '../../objects/listing.ts';
import { compareKeys, sortKeys } from '../../objects/order.ts';
import { walkKeys } from '../../objects/walk-keys.ts';
import { openWindows } from '../../objects/windows.ts';
import { createShelf, type Shelf, signal } from './lab.ts';

let shelf: Shelf;
beforeEach(async () => {
  shelf = await createShelf();
});
afterEach(() => shelf.close());

const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '!', '/', 'é', '\uffee', '😀', '0'), maxLength: 7 });

describe('the order of keys', () => {
  it('is that of their bytes in UTF-8', () => {
    const anything = fc.string({ unit: 'grapheme', maxLength: 10 });
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    fc.assert(
      fc.property(fc.array(text), (keys) => {
        const sorted = [...keys];
        sortKeys(sorted);
        expect(sorted).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});

describe('a listing', () => {
  it('has every key once, in order, for every prefix, delimiter, start and page size', async () => {
    const keys = await fill(
      'a a! a-b a0 b/ b/a b/a- b/c/d/e b/c/é b0 ba/a ba/b é \uffee 😀 😀!/a é-/ z/a/ z/a/b z/a! z-a/b'.split(' '),
    );
    const positive = fc.integer({ min: 1, max: 9 });
    const start = fc.oneof(text, fc.constantFrom(...keys));
    const prefixes = fc.oneof(text, fc.constantFrom('', ...keys, 'b/c/', 'z/a/', 'z/', 'b'));
    const delimiters = fc.constantFrom('', '/', '/', '-', 'a', '/a', '😀', '/c/');
    await fc.assert(
      fc.asyncProperty(prefixes, delimiters, start, positive, async (prefix, delimiter, after, limit) => {
        const query = { prefix, delimiter, after, limit };
        expect(await pages(query)).toEqual(expected(keys, query));
      }),
      { numRuns: 400 },
    );
  });

  it('knows when there is no further page', async () => {
    await fill(['a', 'b/1', 'b/2']);
    expect(await shelf.list({ limit: 3 })).toMatchObject({ next: undefined });
    expect(await shelf.list({ limit: 2 })).toMatchObject({ next: 'b/1' });
    expect(await shelf.list({ limit: 2, delimiter: '/' })).toMatchObject({ prefixes: ['b/'], next: undefined });
    expect(await shelf.list({ limit: 1, delimiter: '/', after: 'a' })).toMatchObject({
      prefixes: ['b/'],
      next: undefined,
    });
    expect(await shelf.list({ limit: 0 })).toEqual({ objects: [], prefixes: [], next: undefined });
  });

  it('shows nothing that is not an object [defect 18]', async () => {
    await fill(['a']);
    for (const folder of ['.versions/x', '.multipart', '.stats', 'sub.metadata', 'empty/er']) {
      await mkdir(shelf.path(folder), { recursive: true });
      if (folder !== 'empty/er') await writeFile(shelf.path(folder, 'file'), '');
    }
    await writeFile(shelf.path('.quota'), '{}');
    await writeFile(shelf.path('orphan.metadata'), '{}');
    expect((await shelf.list()).objects.map(({ key }) => key)).toEqual(['a']);
    expect(await shelf.list({ delimiter: '/' })).toMatchObject({ prefixes: [] });
    for (const prefix of ['../', '.versions/', '.quota', '/', 'a/../', 'a/']) {
      expect((await shelf.list({ prefix })).objects).toEqual([]);
    }
  });

  it('sees at once what was written a moment ago', async () => {
    for (let index = 0; index < 30; index++) {
      await shelf.put(`k${index}`, '');
      expect((await shelf.list()).objects).toHaveLength(index + 1);
      if (index % 3 === 0) await shelf.remove(`k${index}`);
      else continue;
      expect((await shelf.list()).objects).toHaveLength(index);
      await shelf.put(`k${index}`, '');
    }
  });
});

describe('a directory that is larger than what is kept of it', () => {
  it('is read in stretches, each of them once', async () => {
    const keys = await fill([...Array.from({ length: 100 }, (_, index) => `k${index}`), 'k5-/a', 'k5-/b', 'k77-/']);
    const counted = { reads: 0 };
    const files = nodeFiles({ fsync: false });
    const counting = {
      ...files,
      entries: (directory: string) => {
        counted.reads++;
        return files.entries(directory);
      },
    };
    // An hour on, every directory has settled.
    const clock = { ...systemClock, now: () => new Date(Date.now() + 3_600_000) };
    const windows = openWindows(counting, clock, 10);
    const found: string[] = [];
    for (let after = ''; ; after = found.at(-1) ?? '') {
      const page: string[] = [];
      for await (const key of walkKeys(
        { files, windows },
        shelf.path(),
        '',
        { after, whole: false },
        { budget: { folders: 100 }, signal },
      )) {
        if (page.push(key) === 3) break;
      }
      if (page.length === 0) break;
      found.push(...page);
    }
    expect(found).toEqual(keys);
    // 102 names in the bucket in stretches of 10, two folders: not one reading for each of the 35 pages.
    expect(counted.reads).toBeLessThan(16);
  });
});

/** Stores objects; those that clash with others are left out. */
async function fill(keys: readonly string[]): Promise<readonly string[]> {
  for (const key of keys) await shelf.put(key, '');
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** All pages one after the other, each of them no larger than it may be. */
async function pages(query: ListQuery): Promise<readonly string[]> {
  const names: string[] = [];
  for (let after: string | undefined = query.after; after !== undefined; ) {
    const page = await shelf.list({ ...query, after });
    const found = [...page.objects.map(({ key }) => key), ...page.prefixes.map((prefix) => `${prefix}*`)];
    expect(found.length).toBeLessThanOrEqual(query.limit);
    sortKeys(found);
    names.push(...found);
    after = page.next;
  }
  sortKeys(names);
  return names;
}

function expected(keys: readonly string[], { prefix, delimiter, after }: ListQuery): readonly string[] {
  const names = keys
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) => {
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const common = end < 0 ? undefined : key.slice(0, end + delimiter.length);
      // A start inside a common prefix is behind all of it.
      if (common !== undefined)
        return compareKeys(common, after) > 0 && !after.startsWith(common) ? [`${common}*`] : [];
      return compareKeys(key, after) > 0 ? [key] : [];
    });
  const unique = [...new Set(names)];
  sortKeys(unique);
  return unique;
}
