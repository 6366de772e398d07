import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../src/lib/json.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Sample, Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { OFFERING } from '../fakes/offering.ts';

const HOUR = 3_600_000;
let folder: string;
let clock: ManualClock;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-store-'));
  clock = manualClock('2026-08-25T10:00:00Z');
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** The same for every kind of store. */
describe.each([
  ['memory', () => openStore(undefined, clock)],
  ['an SQLite file', () => openStore(join(folder, 'agent.db'), clock)],
])('in %s', (_name, open) => {
  beforeEach(async () => {
    store = await open();
  });

  describe('documents', () => {
    test('what was put is there until it is deleted', async () => {
      const documents = store.documents('a');
      await documents.put('k', { n: [1, null, 'é😀'] });
      expect(await documents.get('k')).toEqual({ n: [1, null, 'é😀'] });
      await documents.put('k', false);
      expect(await documents.get('k')).toBe(false);
      await documents.delete('k');
      await documents.delete('k');
      expect(await documents.get('k')).toBeUndefined();
    });

    test('a later change of the value does not reach the store', async () => {
      const value: { n: number } = { n: 1 };
      await store.documents('a').put('k', value);
      value.n = 2;
      expect(await store.documents('a').get('k')).toEqual({ n: 1 });
    });

    test('namespaces do not see each other, and a namespace may be opened again', async () => {
      await store.documents('a').put('k', 1);
      await store.documents('a/b').put('k', 2);
      expect(await store.documents('a').get('k')).toBe(1);
      expect(await store.documents('b').list('')).toEqual([]);
      expect(await store.documents('a/b').list('')).toEqual([{ key: 'k', value: 2 }]);
    });

    test('an expired document is gone, and a new one without expiry stays', async () => {
      const documents = store.documents('a');
      const expiresAt = new Date(clock.now().getTime() + 1000);
      await documents.put('short', 1, { expiresAt });
      await documents.put('renewed', 1, { expiresAt });
      await documents.put('renewed', 2);
      await clock.advance(999);
      expect(await documents.get('short')).toBe(1);
      await clock.advance(1);
      expect(await documents.get('short')).toBeUndefined();
      expect(await documents.list('')).toEqual([{ key: 'renewed', value: 2 }]);
    });

    test('a batch is all or nothing', async () => {
      const documents = store.documents('a');
      await documents.put('old', 1);
      await documents.batch([
        { kind: 'put', key: 'new', value: 2 },
        { kind: 'delete', key: 'old' },
        { kind: 'put', key: 'new', value: 3 },
      ]);
      expect(await documents.list('')).toEqual([{ key: 'new', value: 3 }]);
      const broken = documents.batch([
        { kind: 'put', key: 'half', value: 1 },
        { kind: 'put', key: 'not a key', value: 1 },
      ]);
      await expect(broken).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
      expect(await documents.get('half')).toBeUndefined();
    });

    test.each(['', ' ', 'a b', 'é', 'a\u0000', 'a\n', 'x'.repeat(513)])('%j is no key', async (key) => {
      await expect(store.documents('a').put(key, 1)).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
      await expect(store.documents('a').get(key)).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
    });

    test('a value has a size, and is JSON', async () => {
      const documents = store.documents('a');
      await documents.put('k', 'x'.repeat(1024 * 1024 - 2));
      const tooLarge = documents.put('k', 'x'.repeat(1024 * 1024));
      await expect(tooLarge).rejects.toMatchObject({ code: 'STORE_BAD_VALUE' });
      const nothing = documents.put('k', undefined as unknown as Json);
      await expect(nothing).rejects.toMatchObject({ code: 'STORE_BAD_VALUE' });
      expect(await documents.get('k')).toHaveLength(1024 * 1024 - 2);
    });

    test('a list pages through every key with the prefix, once and in order', async () => {
      const key = fc.string({ unit: fc.constantFrom('!', '0', 'A', '_', 'a', '~', '/'), minLength: 1, maxLength: 4 });
      const keys = fc.uniqueArray(key, { maxLength: 30 });
      const prefixes = fc.string({ unit: fc.constantFrom('a', '~', '/'), maxLength: 2 });
      let namespace = 0;
      await fc.assert(
        fc.asyncProperty(keys, prefixes, fc.integer({ min: 1, max: 7 }), async (all, prefix, limit) => {
          const documents = store.documents(`n${namespace++}`);
          await documents.batch(all.map((one) => ({ kind: 'put', key: one, value: one })));
          const found: string[] = [];
          for (let after: string | undefined; ; ) {
            const page = await documents.list(prefix, { limit, ...(after === undefined ? {} : { after }) });
            expect(page.length).toBeLessThanOrEqual(limit);
            found.push(...page.map((document) => document.key));
            after = page.at(-1)?.key;
            if (page.length < limit) break;
          }
          expect(found).toEqual(all.filter((one) => one.startsWith(prefix)).sort());
        }),
        { numRuns: 60 },
      );
    });

    test('what is only remembered has a bound: what ends first makes room', async () => {
      const documents = store.documents('a', { limit: 50, lifetimeMs: HOUR });
      const later = store.documents('a', { limit: 50, lifetimeMs: HOUR });
      for (let i = 0; i < 100; i++) {
        await documents.put(`k${i}`, i);
        await clock.advance(1);
      }
      await later.put('last', 1);
      const left = (await documents.list('', { limit: 1000 })).map(({ value }) => value);
      expect(left).toHaveLength(50);
      expect(left).toEqual(expect.arrayContaining([1, 51, 99]));
      await clock.advance(HOUR);
      expect(await documents.list('')).toEqual([]);
    });
  });

  describe('samples', () => {
    const at = (text: string): Date => new Date(text);
    const sample = (time: string, quantity: bigint, account = 'x', component = 'storage'): Sample => ({
      account,
      component,
      at: at(time),
      quantity,
    });
    const AUGUST = { from: at('2026-08-01T00:00:00Z'), to: at('2026-09-01T00:00:00Z') };

    test('come back by component and time, whatever the order they were added in', async () => {
      await store.samples.add(OFFERING, [
        sample('2026-08-02T10:00:00.900Z', 7n),
        sample('2026-08-01T10:00:00Z', 5n),
        sample('2026-08-02T09:00:00Z', 2n ** 62n, 'x', 'objects'),
      ]);
      await store.samples.add(OFFERING, [sample('2026-08-01T09:00:00Z', 0n)]);
      const second = (time: string): number => at(time).getTime() / 1000;
      expect(await store.samples.read(OFFERING, 'x', AUGUST)).toEqual([
        { component: 'objects', points: [{ at: second('2026-08-02T09:00:00Z'), quantity: 2n ** 62n }] },
        {
          component: 'storage',
          points: [
            { at: second('2026-08-01T09:00:00Z'), quantity: 0 },
            { at: second('2026-08-01T10:00:00Z'), quantity: 5 },
            { at: second('2026-08-02T10:00:00Z'), quantity: 7 },
          ],
        },
      ]);
    });

    test('the same second again replaces the sample', async () => {
      await store.samples.add(OFFERING, [sample('2026-08-01T09:00:00Z', 1n), sample('2026-08-01T09:00:00Z', 2n)]);
      await store.samples.add(OFFERING, [sample('2026-08-01T08:00:00Z', 9n), sample('2026-08-01T09:00:00Z', 3n)]);
      const [series] = await store.samples.read(OFFERING, 'x', AUGUST);
      expect(series?.points.map(({ quantity }) => quantity)).toEqual([9, 3]);
    });

    test('a range is half open, and owners and accounts do not mix', async () => {
      await store.samples.add(OFFERING, [
        sample('2026-07-31T23:59:59Z', 1n),
        sample('2026-08-01T00:00:00Z', 2n),
        sample('2026-08-31T23:59:59Z', 3n),
        sample('2026-09-01T00:00:00Z', 4n),
        sample('2026-08-03T00:00:00Z', 5n, 'y'),
      ]);
      await store.samples.add('other', [sample('2026-08-03T00:00:00Z', 6n)]);
      const [series] = await store.samples.read(OFFERING, 'x', AUGUST);
      expect(series?.points.map(({ quantity }) => quantity)).toEqual([2, 3]);
      expect(await store.samples.accounts(OFFERING, AUGUST)).toEqual(['x', 'y']);
      expect(await store.samples.read(OFFERING, 'z', AUGUST)).toEqual([]);
    });

    test('what is old is forgotten, day by day', async () => {
      await store.samples.add(OFFERING, [
        sample('2026-07-31T23:59:59Z', 1n),
        sample('2026-07-30T10:00:00Z', 1n, 'gone'),
        sample('2026-08-01T00:00:00Z', 2n),
      ]);
      await store.samples.forget(OFFERING, at('2026-08-01T12:00:00Z'));
      const range = { from: at('2026-07-01T00:00:00Z'), to: AUGUST.to };
      expect(await store.samples.accounts(OFFERING, range)).toEqual(['x']);
      expect((await store.samples.read(OFFERING, 'x', range))[0]?.points).toHaveLength(1);
    });

    test('any quantity keeps its digits', async () => {
      const quantities = fc.array(fc.bigInt({ min: 0n, max: 2n ** 63n }), { minLength: 1, maxLength: 20 });
      let account = 0;
      await fc.assert(
        fc.asyncProperty(quantities, async (all) => {
          const name = `q${account++}`;
          const start = AUGUST.from.getTime();
          await store.samples.add(
            OFFERING,
            all.map((quantity, i) => ({
              account: name,
              component: 'storage',
              at: new Date(start + i * 5 * HOUR),
              quantity,
            })),
          );
          const [series] = await store.samples.read(OFFERING, name, AUGUST);
          expect(series?.points.map(({ quantity }) => BigInt(quantity))).toEqual(all);
        }),
        { numRuns: 40 },
      );
    });
  });
});

describe('an SQLite file', () => {
  const path = (): string => join(folder, 'agent.db');

  test('keeps what it was given, for its owner alone', async () => {
    store = await openStore(path(), clock);
    await store.documents('a').put('k', 1);
    await store.close();
    store = await openStore(path(), clock);
    expect(store.isDurable).toBe(true);
    expect(await store.documents('a').get('k')).toBe(1);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(`${path()}-wal`).mode & 0o777).toBe(0o600);
  });

  test('is read by a command while the agent has it open', async () => {
    store = await openStore(path(), clock);
    const command = await openStore(path(), clock);
    await store.documents('a').put('k', 1);
    expect(await command.documents('a').get('k')).toBe(1);
    await command.documents('a').put('k', 2);
    expect(await store.documents('a').get('k')).toBe(2);
    await command.close();
  });

  test('of a newer agent is refused, and so is what is no database', async () => {
    store = await openStore(path(), clock);
    const { default: Libsql } = await import('libsql');
    const raw = new Libsql(path());
    raw.exec('PRAGMA user_version = 999');
    raw.close();
    await expect(openStore(path(), clock)).rejects.toMatchObject({ code: 'STORE_FAILED', disposition: 'operator' });
    await expect(openStore(join(folder, 'none', 'x.db'), clock)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(openStore('package.json', clock)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
