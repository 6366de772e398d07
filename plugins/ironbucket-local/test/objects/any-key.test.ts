import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { escapeKey, folderDigits, unescapeKey } from '../../objects/escape.ts';
import { compareKeys } from '../../objects/order.ts';
import { scan } from '../../quota/scan.ts';
import { createShelf, signal } from './lab.ts';

const bytesOf = (key: string): number => Buffer.byteLength(key);
const anything = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 400 })
  .filter((key) => bytesOf(key) <= 1024 && Buffer.from(key).toString() === key);
/** Keys that are in each other's way, in odd places. */
const awkward = fc
  .array(fc.constantFrom('a', 'b', '/', '/', '//', '.', '..', '.git', '.metadata', '.keys', '-', '\0', 'é', '😀'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
const long = fc.nat({ max: 3 }).map((n) => `${'x'.repeat([119, 120, 121, 1023][n] ?? 0)}${n % 2 === 0 ? 'y' : ''}`);
const deep = fc.integer({ min: 1, max: 300 }).map((depth) => `${'d/'.repeat(depth)}f`);
const key = fc.oneof({ weight: 8, arbitrary: awkward }, { weight: 2, arbitrary: anything }, long, deep);

describe('escaped keys', () => {
  it('are read back, keep their order, and have names that every file system takes', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const digitsOf = (one: string): string => {
          const { folders, file } = escapeKey(one);
          for (const name of [...folders, `${file}.metadata`]) expect(bytesOf(name)).toBeLessThanOrEqual(255);
          return [...folders.slice(1).map((name) => folderDigits(name)), file].join('');
        };
        expect(unescapeKey(digitsOf(a))).toBe(a);
        const order = digitsOf(a) < digitsOf(b) ? -1 : Number(digitsOf(a) > digitsOf(b));
        expect(order).toBe(Math.sign(compareKeys(a, b)));
      }),
    );
  });
});

describe('a bucket with any keys', () => {
  it('has what was put and not deleted, lists it in order, and counts it', async () => {
    const step = fc.record({ key, text: fc.string({ maxLength: 3 }), remove: fc.boolean() });
    const query = fc.record({
      prefix: fc.oneof(fc.constant(''), awkward),
      delimiter: fc.constantFrom('', '/', '.'),
      after: fc.oneof(fc.constant(''), key),
      limit: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), query, async (steps, asked) => {
        const shelf = await createShelf({ removeEmptyFolders: true });
        try {
          const model = new Map<string, string>();
          for (const { key: name, text, remove } of steps) {
            if (remove) expect(await shelf.remove(name)).toBe(model.delete(name));
            else {
              await shelf.put(name, text);
              model.set(name, text);
            }
          }
          for (const [name, text] of model) expect(await shelf.get(name)).toBe(text);
          for (const { key: name } of steps) if (!model.has(name)) expect(await shelf.get(name)).toBeUndefined();
          const keys = [...model.keys()].sort(compareKeys);
          expect((await shelf.list()).objects.map((object) => object.key)).toEqual(keys);
          expect(await pages(shelf, asked)).toEqual(expected(keys, asked));
          const bytes = BigInt([...model.values()].reduce((sum, text) => sum + bytesOf(text), 0));
          expect(await scan(shelf.path(), systemClock, signal)).toEqual({ bytes, objects: BigInt(model.size) });
          expect([BigInt(shelf.ledger.used), BigInt(shelf.ledger.objects)]).toEqual([bytes, BigInt(model.size)]);
          // Ordinary keys are where other servers look for them, everything else is where they do not.
          expect(readdirSync(shelf.path()).filter((name) => name.startsWith('.'))).toEqual(
            expect.not.arrayContaining(['.git', '..']),
          );
          const inodes = Number(
            execFileSync('du', ['--inodes', '-s', shelf.path()], { encoding: 'utf8' }).split('\t')[0],
          );
          expect(inodes).toBeLessThanOrEqual(18 * model.size + 4);
        } finally {
          await shelf.close();
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

interface Asked {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly limit: number;
}

async function pages(shelf: Awaited<ReturnType<typeof createShelf>>, asked: Asked): Promise<readonly string[]> {
  const found: string[] = [];
  for (let after: string | undefined = asked.after; after !== undefined; ) {
    const page = await shelf.list({ ...asked, after });
    found.push(...[...page.objects.map((object) => object.key), ...page.prefixes].sort(compareKeys));
    after = page.next;
  }
  return found;
}

/** The same by the definition: keys and common prefixes behind `after`. */
function expected(keys: readonly string[], { prefix, delimiter, after }: Asked): readonly string[] {
  const entries = new Set<string>();
  for (const name of keys.filter((one) => one.startsWith(prefix))) {
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    entries.add(end < 0 ? name : name.slice(0, end + delimiter.length));
  }
  const isDone = (entry: string): boolean =>
    compareKeys(entry, after) <= 0 || (delimiter !== '' && entry.endsWith(delimiter) && after.startsWith(entry));
  return [...entries].filter((entry) => !isDone(entry)).sort(compareKeys);
}
