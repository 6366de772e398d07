import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, toAmount, toBaseUnits, toCents } from '../../src/lib/units.ts';

const GIB = 1_073_741_824;

describe('toBaseUnits', () => {
  it.each([
    [1, GIB, 1_073_741_824n],
    ['0.5', GIB, 536_870_912n],
    [0, GIB, 0n],
    ['100', 1, 100n],
    [' 7 ', 1, 7n],
    ['+7', 1, 7n],
    [-2, 1000, -2000n],
    [1.5, 1, 1n],
    ['9007199254740993', 1, 9_007_199_254_740_993n],
    [9_007_199_254_740_993n, 1, 9_007_199_254_740_993n],
    ['1e3', 1, 1000n],
    ['1.5e3', 2, 3000n],
    [1e21, 1, 10n ** 21n],
    [1e-7, GIB, 107n],
    ['0.1', 10, 1n],
    [3, 0.5, 1n],
  ])('%s in units of %d is %s', (value, factor, expected) => {
    expect(toBaseUnits(value, factor)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    'ten',
    '1,5',
    '1 000',
    '0x10',
    '1_000',
    '١٢',
    '1.',
    '.5',
    '1e-3',
    '1e400',
    '--1',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    undefined,
    true,
    [],
    [5],
    {},
    '9'.repeat(31),
  ])('%j is no amount', (value) => {
    expect(toBaseUnits(value, 1)).toBeUndefined();
  });

  it('is exact for every whole amount and factor', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 20n), fc.integer({ min: 1, max: 2 ** 50 }), (amount, factor) => {
        expect(toBaseUnits(String(amount), factor)).toBe(amount * BigInt(factor));
      }),
    );
  });

  it('is exact for every fraction with two decimals', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), (cents) => {
        const text = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
        expect(toBaseUnits(text, 100)).toBe(cents);
      }),
    );
  });
});

describe('toAmount', () => {
  it.each([
    [0n, GIB, '0.00'],
    [1_073_741_824n, GIB, '1.00'],
    [536_870_912n, GIB, '0.50'],
    [5_368_709n, GIB, '0.00'],
    [5_368_710n, GIB, '0.01'],
    [5n, 1000, '0.01'],
    [4n, 1000, '0.00'],
    [10n ** 24n, 1, `${10n ** 24n}.00`],
    [15n, 0.5, '30.00'],
  ])('%s base units of %d are %s', (quantity, factor, expected) => {
    expect(toAmount(quantity, factor)).toBe(expected);
  });

  it('divides further, for byte seconds as gigabyte days', () => {
    expect(toAmount(BigInt(GIB) * 86_400n * 3n, GIB, 86_400n)).toBe('3.00');
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the factor %d', (factor) => {
    expect(() => toAmount(1n, factor)).toThrow(RangeError);
  });

  it('is within half a cent of the truth, and toCents reads it back', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 25n), fc.integer({ min: 1, max: 2 ** 45 }), (quantity, factor) => {
        const amount = toAmount(quantity, factor);
        const cents = toCents(amount) ?? -1n;
        expect(amount).toMatch(/^\d+\.\d\d$/);
        expect(amount.replace('.', '').replace(/^0+(?=\d)/, '')).toBe(String(cents));
        const error = 2n * (cents * BigInt(factor) - quantity * 100n);
        expect(error <= BigInt(factor) && error >= -BigInt(factor)).toBe(true);
      }),
    );
  });

  it('never falls when the quantity grows', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 20n), fc.bigInt(0n, 10n ** 12n), (quantity, more) => {
        const [before = 0n, after = 0n] = [toCents(toAmount(quantity, GIB)), toCents(toAmount(quantity + more, GIB))];
        expect(after >= before).toBe(true);
      }),
    );
  });
});

describe('toCents', () => {
  it.each([
    ['1.00', 100n],
    [1, 100n],
    [0.1, 10n],
    ['1.005', 101n],
    ['1.0049999', 100n],
    ['12345678901234567890.12', 1_234_567_890_123_456_789_012n],
    ['1e2', 10_000n],
  ])('%j is %s', (amount, cents) => {
    expect(toCents(amount)).toBe(cents);
  });

  it.each(['', 'x', null, undefined, {}, Number.NaN])('%j is nothing', (amount) => {
    expect(toCents(amount)).toBeUndefined();
  });
});

describe('formatBytes', () => {
  it.each([
    [0n, '0 B'],
    [1n, '1 B'],
    [1023n, '1023 B'],
    [1024n, '1 KiB'],
    [1536n, '1.5 KiB'],
    [1_048_575n, '1 MiB'],
    [107_374_182_400n, '100 GiB'],
    [1_610_612_736n, '1.5 GiB'],
    [2n ** 60n, '1 EiB'],
    [2n ** 80n, '1048576 EiB'],
  ])('%s is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('is within 6 % of the truth', () => {
    const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 70n), (bytes) => {
        const [amount = '', unit = ''] = formatBytes(bytes).split(' ');
        const ratio = (Number(amount) * 1024 ** steps.indexOf(unit)) / Number(bytes);
        expect(ratio).toBeGreaterThan(0.94);
        expect(ratio).toBeLessThan(1.06);
      }),
    );
  });
});
