import { describe, expect, it } from 'vitest';
import { checkLimits, emptyRow, hasLimit, keptAs, limitsOf, mergeLimits, sameLimits } from '../../devices/limits.ts';
import { type Device, type Limits, NO_LIMITS } from '../../devices/types.ts';

const KEYS = ['blockSoft', 'blockHard', 'inodeSoft', 'inodeHard'] as const;
const limits = (blockSoft: bigint, blockHard: bigint, inodeSoft: bigint, inodeHard: bigint): Limits => {
  return { blockSoft, blockHard, inodeSoft, inodeHard };
};
const EIGHT_EIB = 2n ** 53n;

describe('limits that can be set', () => {
  it.each([
    ['none', NO_LIMITS],
    ['soft below hard', limits(1n, 2n, 3n, 4n)],
    ['soft as hard', limits(2n, 2n, 4n, 4n)],
    ['soft without hard', limits(2n, 0n, 4n, 0n)],
    ['hard without soft', limits(0n, 2n, 0n, 4n)],
    ['the largest', limits(EIGHT_EIB - 1n, EIGHT_EIB - 1n, EIGHT_EIB - 1n, EIGHT_EIB - 1n)],
  ])('%s', (_, good) => {
    expect(() => checkLimits(good)).not.toThrow();
  });

  it.each(KEYS)('%s is neither negative nor too large', (key) => {
    for (const value of [-1n, EIGHT_EIB]) {
      expect(() => checkLimits({ ...NO_LIMITS, [key]: value })).toThrow(
        expect.objectContaining({ code: 'HOST_QUOTA_BAD_LIMIT', disposition: 'terminal' }),
      );
      expect(() => checkLimits({ ...NO_LIMITS, [key]: value })).toThrow(`${value} is out of range`);
    }
  });

  it('no soft limit is above a hard one', () => {
    expect(() => checkLimits(limits(3n, 2n, 0n, 0n))).toThrow('the soft limit of space is above the hard one');
    expect(() => checkLimits(limits(0n, 0n, 3n, 2n))).toThrow('the soft limit of inodes is above the hard one');
  });
});

describe('what a file system keeps', () => {
  const device = { stepKib: 4n, hasSoft: true, hasInodes: true } as Device;
  it.each<[string, Partial<Device>, Limits]>([
    ['whole blocks', {}, limits(4n, 8n, 3n, 5n)],
    ['one limit of each where it has no soft ones', { hasSoft: false }, limits(8n, 8n, 5n, 5n)],
    ['no hard limit of what it does not count', { hasInodes: false }, limits(4n, 8n, 3n, 0n)],
    ['no limit of what it does not count', { hasInodes: false, hasSoft: false }, limits(8n, 8n, 0n, 0n)],
  ])('%s', (_, changes, kept) => {
    expect(keptAs(limits(4n, 5n, 3n, 5n), { ...device, ...changes })).toEqual(kept);
  });
});

it.each(KEYS)('limits that differ in %s are not the same', (key) => {
  const one = limits(1n, 2n, 3n, 4n);
  expect(sameLimits(one, { ...one })).toBe(true);
  expect(sameLimits(one, { ...one, [key]: 9n })).toBe(false);
});

it.each(KEYS)('%s alone is a limit', (key) => {
  expect(hasLimit({ ...NO_LIMITS, [key]: 1n })).toBe(true);
  expect(hasLimit(NO_LIMITS)).toBe(false);
});

describe('a change of limits', () => {
  const old = limits(10n, 20n, 30n, 40n);
  it.each<[string, Partial<Limits>, Limits]>([
    ['of nothing', {}, old],
    ['of a hard limit above the soft one', { blockHard: 15n, inodeHard: 35n }, limits(10n, 15n, 30n, 35n)],
    ['of a hard limit below the soft one', { blockHard: 5n, inodeHard: 6n }, limits(5n, 5n, 6n, 6n)],
    ['to no hard limit', { blockHard: 0n, inodeHard: 0n }, limits(10n, 0n, 30n, 0n)],
    ['of a soft limit', { blockSoft: 1n, inodeSoft: 0n }, limits(1n, 20n, 0n, 40n)],
    ['of a soft limit above the hard one, which is refused later', { blockSoft: 50n }, limits(50n, 20n, 30n, 40n)],
  ])('%s', (_, change, merged) => {
    expect(mergeLimits(old, change)).toEqual(merged);
  });
});

it('a row without anything has its id, and only limits are its limits', () => {
  expect(limitsOf(emptyRow(7))).toEqual(NO_LIMITS);
  expect(emptyRow(7)).toMatchObject({ id: 7, usedBytes: 0n, usedInodes: 0n, blockGrace: 0, inodeGrace: 0 });
});
