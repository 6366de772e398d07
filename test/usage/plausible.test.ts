import { describe, expect, test } from 'vitest';
import type { Usage } from '../../src/plugin/contract.ts';
import { createSieve } from '../../src/usage/sieve.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';

const START = Date.parse('2026-08-25T10:00:00Z');
const MONTH = { from: new Date('2026-08-01T00:00:00Z'), to: new Date('2026-08-25T10:00:00Z') };
const TB = 10n ** 12n;

function setup(backendCapacity?: bigint) {
  let refused = 0;
  const offering = { ...offeringConfig(), backendCapacity };
  const sieve = createSieve({ offering, log: silentLog(), onImplausible: () => refused++ });
  /** What is left of a reading, `minutes` after the start. */
  const read = (
    quantities: Record<string, bigint>,
    minutes = 0,
    metering: 'current' | 'gb_days' | 'peak' = 'current',
  ): Usage['quantities'] => {
    const measuredAt = new Date(START + minutes * 60_000);
    return sieve.pass({ account: 'a', measuredAt, quantities }, { metering, window: MONTH }).quantities;
  };
  return { read, refused: () => refused };
}

describe('a reading that cannot be true is unreadable', () => {
  test.each<[string, Record<string, bigint>, 'current' | 'gb_days' | 'peak']>([
    ['a counter that wrapped', { storage: 2n ** 64n - 4096n }, 'current'],
    ['its peak', { storage: 2n ** 64n - 4096n }, 'peak'],
    ['its byte seconds', { storage: 2n ** 64n * 2_500_000n }, 'gb_days'],
    ['a negative number', { storage: -1n }, 'current'],
    ['a wrapped number of objects', { objects: 2n ** 64n - 1n }, 'current'],
  ])('%s', (_what, quantities, metering) => {
    const { read, refused } = setup();
    expect(read(quantities, 0, metering)).toEqual({});
    expect(refused()).toBe(1);
  });

  test('one component does not take the others with it', () => {
    expect(setup().read({ storage: 2n ** 63n, objects: 3n })).toEqual({ objects: 3n });
  });
});

test('more than the backend can hold is not believed', () => {
  const { read } = setup(5n * TB);
  expect(read({ storage: 5n * TB + 1n, objects: 6n })).toEqual({ objects: 6n });
  expect(read({ storage: 5n * TB })).toEqual({ storage: 5n * TB });
  expect(read({ storage: 5n * TB * 2_109_600n }, 0, 'gb_days')).toEqual({ storage: 5n * TB * 2_109_600n });
  expect(read({ storage: 5n * TB * 2_109_600n + 1n }, 0, 'gb_days')).toEqual({});
});

test('the largest accounts are believed', () => {
  const { read, refused } = setup();
  expect(read({ storage: 2n ** 60n, objects: 10n ** 12n })).toEqual({ storage: 2n ** 60n, objects: 10n ** 12n });
  expect(read({ storage: 2n ** 60n * 2_109_600n }, 0, 'gb_days')).toEqual({ storage: 2n ** 60n * 2_109_600n });
  expect(refused()).toBe(0);
});

describe('a rise', () => {
  test('that no network makes possible is not believed, until enough time has passed', () => {
    const { read } = setup();
    expect(read({ storage: TB })).toEqual({ storage: TB });
    // 125 GB a second are 7.5 TB a minute.
    expect(read({ storage: 100n * TB }, 10)).toEqual({});
    expect(read({ storage: 100n * TB }, 14)).toEqual({ storage: 100n * TB });
  });

  test('that is possible is believed, and so is any fall', () => {
    const { read } = setup();
    expect(read({ storage: 0n })).toEqual({ storage: 0n });
    expect(read({ storage: 7n * TB }, 1)).toEqual({ storage: 7n * TB });
    expect(read({ storage: 0n }, 2)).toEqual({ storage: 0n });
  });

  test('what was not believed is not compared with', () => {
    const { read } = setup();
    read({ storage: 500n * TB });
    expect(read({ storage: 2n ** 64n }, 1)).toEqual({});
    expect(read({ storage: 501n * TB }, 2)).toEqual({ storage: 501n * TB });
  });
});
