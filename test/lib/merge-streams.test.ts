import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeStreams } from '../../src/lib/merge-streams.ts';

async function* stream<T>(items: readonly T[], failure?: Error): AsyncGenerator<T> {
  for (const item of items) yield item;
  if (failure !== undefined) throw failure;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('every item of every stream comes once, in the order of its stream', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat())), async (lists) => {
      const tagged = lists.map((list, index) => list.map((item, at) => ({ index, at, item })));
      const merged = await collect(mergeStreams(tagged.map((list) => stream(list))));
      expect(merged).toHaveLength(tagged.flat().length);
      for (const [index, list] of tagged.entries()) {
        expect(merged.filter((item) => item.index === index)).toEqual(list);
      }
    }),
  );
});

test('a failure ends its own stream only, unless all fail', async () => {
  const failure = new Error('no');
  expect(await collect(mergeStreams([stream([1], failure), stream([2, 3])]))).toEqual(
    expect.arrayContaining([1, 2, 3]),
  );
  await expect(collect(mergeStreams([stream([1], failure), stream([], failure)]))).rejects.toBe(failure);
});

test('a stream that waits holds up no other, and is closed when the reader stops', async () => {
  let closed = false;
  async function* stuck(): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
    } finally {
      closed = true;
    }
  }
  for await (const item of mergeStreams([stuck(), stream([7, 8, 9])])) if (item === 9) break;
  expect(closed).toBe(true);
});
