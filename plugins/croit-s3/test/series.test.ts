import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteSeconds, type Point } from '../series.ts';

const FROM = Date.parse('2026-08-01T00:00:00Z');
const DAY = 86_400_000;
const window = { from: new Date(FROM), to: new Date(FROM + 2 * DAY) };

function series(...samples: readonly (readonly [minutes: number, bytes: number | undefined])[]): Point[] {
  return samples.map(([minutes, bytes]) => ({
    atMs: FROM + minutes * 60_000,
    bytes: bytes === undefined ? undefined : BigInt(bytes),
  }));
}

describe('byte seconds', () => {
  it.each([
    [
      'hold each sample until the next, and the last for one more step',
      series([0, 10], [3, 20], [6, 0]),
      180n * 10n + 180n * 20n,
    ],
    ['carry the last value over a gap', series([0, 10], [3, undefined], [6, undefined], [9, 0]), 540n * 10n],
    ['carry the last value over what cannot be true', series([0, 10], [3, 2 ** 64], [6, -1], [9, 0]), 540n * 10n],
    ['skip what was before the first value', series([0, undefined], [3, 10], [6, 10]), 360n * 10n],
    ['do not care about the order', series([6, 0], [0, 10], [3, 20]), 180n * 10n + 180n * 20n],
    ['end with the window', series([0, 10], [2 * 1440, 10], [3 * 1440, 10]), 2n * 86_400n * 10n],
    ['begin with the window', series([-60, 10], [3, 0]), 180n * 10n],
    [
      'hold the last sample no longer than the steps before it',
      series([0, 10], [3, 10], [600, 10]),
      36_000n * 10n + 180n * 10n,
    ],
    ['are none when nothing was stored', series([0, 0], [3, 0]), 0n],
    ['count wide steps of a long month', series([0, 10], [22, 10], [44, 10]), 3n * 22n * 60n * 10n],
  ])('%s', (_, points, expected) => expect(byteSeconds(points, window)).toBe(expected));

  it.each([
    ['nothing', []],
    ['one sample', series([0, 10])],
    ['one sample twice', series([0, 10], [0, 20])],
    ['no value', series([0, undefined], [3, undefined])],
    ['nothing in the window', series([-60, 10], [-57, 10])],
    ['what comes after the window', series([3000, 10], [3003, 10])],
  ])('%s proves nothing', (_, points) => expect(byteSeconds(points, window)).toBeUndefined());

  it('of a constant are what is stored times the time that is covered, however it was sampled', () => {
    const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 2879 }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(minutes, fc.bigInt({ min: 0n, max: 2n ** 60n }), (at, bytes) => {
        const points = at.map((minute) => ({ atMs: FROM + minute * 60_000, bytes }));
        const total = byteSeconds(points, window) ?? -1n;
        const covered = BigInt(2880 - Math.min(...at)) * 60n;
        const known = BigInt(Math.max(...at) - Math.min(...at)) * 60n;
        expect(total >= known * bytes && total <= covered * bytes).toBe(true);
      }),
    );
  });

  it('never leave what is between the least and the most of the month', () => {
    const samples = fc.array(fc.record({ at: fc.integer({ min: -500, max: 3500 }), v: fc.nat(1000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(samples, (items) => {
        const total = byteSeconds(
          items.map(({ at, v }) => ({ atMs: FROM + at * 60_000, bytes: BigInt(v) })),
          window,
        );
        if (total === undefined) return;
        expect(total >= 0n && total <= 1000n * 172_800n).toBe(true);
      }),
    );
  });
});
