import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Point } from '../../src/store/store.ts';
import { accrue, type Span } from '../../src/usage/accrue.ts';

const HOLD = 20;
const DAY: Span = { from: 100, to: 200 };

function points(...pairs: readonly (readonly [number, number | bigint])[]): readonly Point[] {
  return pairs.map(([at, quantity]) => ({ at, quantity }));
}

describe('a step function', () => {
  test.each<[string, readonly Point[], bigint | undefined, bigint | undefined]>([
    ['nothing is known without samples', [], undefined, undefined],
    ['a sample holds until the next one', points([100, 5], [110, 7], [120, 1], [140, 0]), 50n + 70n + 20n, 7n],
    ['the last one holds for a while', points([150, 3]), 60n, 3n],
    ['and not beyond the window', points([190, 3]), 30n, 3n],
    ['one from before the window reaches into it', points([90, 4]), 40n, 4n],
    ['one from long before does not', points([80, 4]), undefined, undefined],
    ['one at the end is outside', points([200, 9]), undefined, undefined],
    ['a gap counts the smaller of its ends', points([100, 10], [160, 4], [180, 4]), 200n + 160n + 80n + 80n, 10n],
    ['also when use rose', points([100, 4], [160, 10], [180, 0]), 80n + 160n + 200n, 10n],
    ['a gap over the beginning', points([10, 8], [110, 6]), 60n + 120n, 6n],
    ['a gap over the end', points([170, 8], [900, 6]), 160n + 60n, 8n],
    ['a gap over all of it', points([10, 8], [900, 6]), 600n, 6n],
    ['zero is a number', points([100, 0], [110, 0]), 0n, 0n],
    ['digits beyond 2^53 are kept', points([190, 2n ** 62n + 1n]), 10n * (2n ** 62n + 1n), 2n ** 62n + 1n],
  ])('%s', (_what, samples, integral, peak) => {
    const accrued = accrue(samples, DAY, HOLD);
    expect([accrued?.integral, accrued?.peak]).toEqual([integral, peak]);
  });
});

/** The same by another road: second for second, with bigints only. */
function secondBySecond(samples: readonly Point[], { from, to }: Span, holdS: number): bigint | undefined {
  let total: bigint | undefined;
  for (let second = from; second < to; second++) {
    const before = samples.findLast(({ at }) => at <= second);
    const after = samples.find(({ at }) => at > second);
    if (before === undefined) continue;
    const isHeld = second < before.at + holdS;
    if (!isHeld && after === undefined) continue;
    const ends = [BigInt(before.quantity), BigInt(after?.quantity ?? before.quantity)] as const;
    const value = isHeld || ends[0] < ends[1] ? ends[0] : ends[1];
    total = (total ?? 0n) + value;
  }
  return total;
}

const quantity = fc.oneof(
  fc.integer({ min: 0, max: 10 }),
  fc.integer({ min: 2 ** 40, max: 2 ** 49 }),
  fc.bigInt({ min: 10n ** 15n, max: 2n ** 62n }),
);
const series = fc
  .uniqueArray(fc.record({ at: fc.integer({ min: 0, max: 300 }), quantity }), {
    selector: ({ at }) => at,
    maxLength: 40,
  })
  .map((all) => all.sort((a, b) => a.at - b.at));
const hold = fc.integer({ min: 1, max: 60 });

test('any samples, window and hold give what counting second by second gives', () => {
  fc.assert(
    fc.property(
      series,
      fc.integer({ min: 0, max: 250 }),
      fc.integer({ min: 1, max: 50 }),
      hold,
      (all, from, length, holdS) => {
        const span = { from, to: from + length };
        expect(accrue(all, span, holdS)?.integral).toBe(secondBySecond(all, span, holdS));
      },
    ),
    { numRuns: 500 },
  );
});

test('what was counted at some moment is never lowered by samples that come later', () => {
  fc.assert(
    fc.property(
      series,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 60 }),
      hold,
      (all, now, later, holdS) => {
        const then = accrue(
          all.filter(({ at }) => at <= now),
          { from: 0, to: now },
          holdS,
        );
        const at = now + later;
        const afterwards = accrue(
          all.filter((point) => point.at <= at),
          { from: 0, to: at },
          holdS,
        );
        expect(afterwards?.integral ?? 0n).toBeGreaterThanOrEqual(then?.integral ?? 0n);
        expect(afterwards?.peak ?? 0n).toBeGreaterThanOrEqual(then?.peak ?? 0n);
      },
    ),
    { numRuns: 500 },
  );
});

test('windows that join add up', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 299 }), hold, (all, middle, holdS) => {
      const part = (from: number, to: number): bigint => accrue(all, { from, to }, holdS)?.integral ?? 0n;
      expect(part(0, middle) + part(middle, 300)).toBe(part(0, 300));
    }),
  );
});
