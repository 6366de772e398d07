import { expect, it } from 'vitest';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { atLeastRate } from '../../gateway/body/least-rate.ts';

async function arrive(pieces: readonly (readonly [afterMs: number, bytes: number])[], workMs = 0): Promise<number> {
  const clock = manualClock();
  async function* sent(): AsyncGenerator<Buffer> {
    for (const [afterMs, bytes] of pieces) {
      await clock.advance(afterMs);
      yield Buffer.alloc(bytes);
    }
  }
  let received = 0;
  for await (const { length } of atLeastRate(clock, sent())) {
    received += length;
    await clock.advance(workMs);
  }
  return received;
}

it('a body that comes in drops is given up, however often one comes', async () => {
  const drops = Array.from({ length: 100 }, () => [1000, 1] as const);
  await expect(arrive(drops)).rejects.toMatchObject({ code: 'RequestTimeout' });
  expect(await arrive(drops.slice(0, 60))).toBe(60);
});

it('a slow one is not, nor one that waits for the disk', async () => {
  const slow = Array.from({ length: 300 }, () => [1000, 1024] as const);
  expect(await arrive(slow)).toBe(300 * 1024);
  const few = Array.from({ length: 100 }, () => [10, 1] as const);
  expect(await arrive(few, 10_000)).toBe(100);
});

it('what was sent in advance counts', async () => {
  expect(await arrive([[0, 200_000], ...Array.from({ length: 150 }, () => [1000, 1] as const)])).toBe(200_150);
});
