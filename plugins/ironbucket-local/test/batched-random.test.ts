import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchedRandom } from '../batched-random.ts';

it('gives out as many bytes as are asked for, and none of them twice', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 })), (sizes) => {
      const random = batchedRandom((bytes) => new Uint8Array(bytes));
      expect(sizes.map((size) => random(size).length)).toEqual(sizes);
    }),
  );
  const source = Uint8Array.from({ length: 256 }, (_, index) => index);
  const random = batchedRandom(() => source);
  const taken = [3, 0, 250, 3].flatMap((size) => [...random(size)]);
  expect(taken).toEqual([...source]);
});

it('asks the system seldom', () => {
  let asked = 0;
  const random = batchedRandom((bytes) => {
    asked++;
    return new Uint8Array(bytes);
  });
  for (let count = 0; count < 128; count++) random(8);
  expect(asked).toBe(1);
});
