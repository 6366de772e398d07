import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../objects/files.ts';
import { createShelf, type Shelf } from './lab.ts';

let shelf: Shelf;
beforeEach(async () => {
  shelf = await createShelf();
  for (let outer = 0; outer < 6; outer++)
    for (let inner = 0; inner < 200; inner++) await mkdir(shelf.path(`d${outer}/e${inner}`), { recursive: true });
  for (const key of ['d0/e-', 'd0/e100!', 'd3/e2/last', 'z']) await shelf.put(key, 'x');
});
afterEach(() => shelf.close());

describe.each(['', '/'])('a listing over thousands of empty folders, with the delimiter "%s"', (delimiter) => {
  it('does a bounded part of the work for each page, and finds everything in order', async () => {
    const real = nodeFiles({ fsync: false });
    let reads = 0;
    const counting = shelf.reopen({
      ...real,
      entries: (directory) => {
        reads++;
        return real.entries(directory);
      },
    });
    const found: string[] = [];
    let pages = 0;
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      reads = 0;
      const page = await counting.list({ after, limit: 10, delimiter });
      expect(reads).toBeLessThan(300);
      found.push(...page.objects.map(({ key }) => key), ...page.prefixes);
      after = page.next;
    }
    expect(found).toEqual(delimiter === '' ? ['d0/e-', 'd0/e100!', 'd3/e2/last', 'z'] : ['d0/', 'd3/', 'z']);
    expect(pages).toBeGreaterThan(2);
  });
});
