import { describe, expect, test } from 'vitest';
import { createSpeed, type Speed } from '../../quota/speed.ts';

/** A storage after one answer about `files` files that took `ms`. */
async function after(ms: number, files: number): Promise<Speed> {
  let nowMs = 0;
  const speed = createSpeed({ monotonicMs: () => nowMs });
  await speed.time(files, async () => {
    nowMs += ms;
  });
  return speed;
}

describe('a storage', () => {
  test('of which nothing is known is not fast', () => {
    expect(createSpeed({ monotonicMs: () => 0 }).isFast()).toBe(false);
  });

  test.each([
    [0.9, 0, true],
    [1, 0, false],
    [4.8, 128, true],
    [4.9, 128, false],
  ])('that takes %d ms for %d files is fast: %s', async (ms, files, isFast) => {
    expect((await after(ms, files)).isFast()).toBe(isFast);
  });

  test('is asked at once only while it is fast, and judged by the answer', async () => {
    let nowMs = 0;
    const speed = createSpeed({ monotonicMs: () => nowMs });
    const ask = (ms: number): Promise<string> => {
      const answer = (how: string) => () => {
        nowMs += ms;
        return how;
      };
      return speed.ask(answer('at once'), async () => answer('later')());
    };
    expect([await ask(0.5), await ask(1), await ask(0.5), await ask(0)]).toEqual([
      'later',
      'at once',
      'later',
      'at once',
    ]);
  });

  test('is judged by its last answer, and by none that failed', async () => {
    let nowMs = 0;
    const speed = createSpeed({ monotonicMs: () => nowMs });
    expect(await speed.time(1, () => 'in memory')).toBe('in memory');
    const failing = speed.time(1, () => {
      nowMs += 10;
      throw new Error('unreadable');
    });
    await expect(failing).rejects.toThrow('unreadable');
    expect(speed.isFast()).toBe(true);
    await speed.time(1, () => {
      nowMs += 10;
    });
    expect(speed.isFast()).toBe(false);
  });

  test('is asked at once for 5 ms of a turn of the event loop, and then again in the next one', async () => {
    let nowMs = 0;
    const turns: (() => void)[] = [];
    const speed = createSpeed({ monotonicMs: () => nowMs }, (begin) => turns.push(begin));
    await speed.time(0, () => undefined);
    const asked = [speed.isFast()];
    for (const ms of [4.9, 5, 60]) {
      nowMs = ms;
      asked.push(speed.isFast());
    }
    expect([asked, turns.length]).toEqual([[true, true, false, false], 1]);
    turns[0]?.();
    expect(speed.isFast()).toBe(true);
  });
});
