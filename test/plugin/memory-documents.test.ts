import { expect, test } from 'vitest';
import { createMemoryDocuments, type Kept } from '../../src/plugin/memory-documents.ts';
import { manualClock } from '../fakes/clock.ts';

const inMs = (clock: ReturnType<typeof manualClock>, ms: number) => new Date(clock.now().getTime() + ms);

test('a document is gone from the moment it ends at, from lists as well', async () => {
  const clock = manualClock();
  const documents = createMemoryDocuments(clock);
  await documents.put('a', 1, { expiresAt: inMs(clock, 10) });
  await documents.put('b', 2);
  await clock.advance(9);
  expect(await documents.get('a')).toBe(1);
  await clock.advance(1);
  expect(await documents.get('a')).toBeUndefined();
  expect(await documents.list('')).toEqual([{ key: 'b', value: 2 }]);
});

test('a list has the keys of its prefix in order, after the one that was named, and no more than were asked for', async () => {
  const documents = createMemoryDocuments(manualClock());
  for (const key of ['b/2', 'a', 'b/1', 'c', 'b', 'b/3', 'b0']) await documents.put(key, key);
  const keys = async (...args: Parameters<typeof documents.list>) =>
    (await documents.list(...args)).map(({ key }) => key);
  expect(await keys('')).toEqual(['a', 'b', 'b/1', 'b/2', 'b/3', 'b0', 'c']);
  expect(await keys('b/')).toEqual(['b/1', 'b/2', 'b/3']);
  expect(await keys('b/', { after: 'b/1' })).toEqual(['b/2', 'b/3']);
  expect(await keys('', { limit: 2 })).toEqual(['a', 'b']);
});

test('every hundredth write removes what has ended, and nothing else', async () => {
  const clock = manualClock();
  const kept = new Map<string, Kept>();
  const documents = createMemoryDocuments(clock, undefined, kept);
  await documents.put('ends', 1, { expiresAt: inMs(clock, 10) });
  await documents.put('later', 1, { expiresAt: inMs(clock, 11) });
  await clock.advance(10);
  for (let writes = 2; writes < 100; writes++) await documents.put('stays', writes);
  expect([...kept.keys()]).toEqual(['ends', 'later', 'stays']);
  await documents.put('stays', 100);
  expect([...kept.keys()]).toEqual(['later', 'stays']);
});

test('a batch without changes is no write', async () => {
  const clock = manualClock();
  const kept = new Map<string, Kept>([['ended', { text: '1', expiresAt: 0 }]]);
  const documents = createMemoryDocuments(clock, undefined, kept);
  await documents.batch([]);
  expect([...kept.keys()]).toEqual(['ended']);
  await documents.batch([{ kind: 'delete', key: 'other' }]);
  expect([...kept.keys()]).toEqual([]);
});

test('a bound keeps those that end last, and all that never end', async () => {
  const clock = manualClock();
  const kept = new Map<string, Kept>([['old', { text: '1', expiresAt: undefined }]]);
  for (const [key, ms] of [
    ['second', 20],
    ['first', 10],
    ['fourth', 40],
    ['third', 30],
  ] as const) {
    kept.set(key, { text: '1', expiresAt: inMs(clock, ms).getTime() });
  }
  const documents = createMemoryDocuments(clock, { limit: 3, lifetimeMs: 25 }, kept);
  await documents.put('new', 1);
  expect([...kept.keys()].sort()).toEqual(['fourth', 'new', 'old', 'third']);
  expect(kept.get('new')?.expiresAt).toBe(inMs(clock, 25).getTime());
});

test('nothing of a batch with a bad key or value is kept', async () => {
  const kept = new Map<string, Kept>();
  const documents = createMemoryDocuments(manualClock(), undefined, kept);
  const good = { kind: 'put', key: 'a', value: 1 } as const;
  await expect(documents.batch([good, { kind: 'delete', key: 'a b' }])).rejects.toMatchObject({
    code: 'STORE_BAD_KEY',
  });
  const large = { kind: 'put', key: 'b', value: 'x'.repeat(1024 * 1024) } as const;
  await expect(documents.batch([good, large])).rejects.toMatchObject({ code: 'STORE_BAD_VALUE' });
  expect(kept.size).toBe(0);
});
