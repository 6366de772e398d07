import { describe, expect, test } from 'vitest';
import { buildReport } from '../../src/usage/build.ts';
import { duePeriods, periodOf } from '../../src/usage/period.ts';
import { component, RESOURCE } from '../fakes/offering.ts';

const resource = {
  uuid: RESOURCE,
  name: 'bucket',
  state: 'OK',
  backendId: 'a',
  plan: '9'.repeat(32),
  currentUsages: {},
} as const;

describe('several records of one month', () => {
  // One measured unit in every case; whatever Waldur has, nobody can tell which of its records is the right one.
  test.each([
    [100n, false, 'guarded'],
    [50n, false, 'guarded'],
    [500n, false, 'guarded'],
    [100n, true, 'changed'],
    [50n, true, 'changed'],
  ])('of %s cents, with allowDecrease %s: %s', (cents, allowDecrease, status) => {
    const storage = { ...component({ unitFactor: 1000 }), isOpen: true };
    const { lines, report } = buildReport({
      offering: { allowDecrease, metering: 'current' },
      components: [storage],
      resource,
      usage: { account: 'a', measuredAt: new Date('2026-08-25T10:00:00Z'), quantities: { storage: 1000n } },
      recorded: new Map([[storage.type, { cents, isAmbiguous: true }]]),
      date: undefined,
    });
    expect(lines.map((line) => line.status)).toEqual([status]);
    expect(report === undefined).toBe(status === 'guarded');
  });
});

describe('months that begin beside a change of the clocks', () => {
  // The offset at midnight UTC of the first day is not the one at local midnight: the clocks change in between.
  test.each([
    ['Africa/Cairo', '1990-05-15T12:00:00Z', '1990-04-30T22:00:00.000Z'],
    ['Africa/Cairo', '1990-10-15T12:00:00Z', '1990-09-30T21:00:00.000Z'],
    ['Africa/Cairo', '2014-08-15T12:00:00Z', '2014-07-31T22:00:00.000Z'],
    ['Africa/Casablanca', '2008-06-15T12:00:00Z', '2008-06-01T00:00:00.000Z'],
    ['America/Asuncion', '2017-10-15T12:00:00Z', '2017-10-01T04:00:00.000Z'],
  ])('%s at %s', (zone, now, from) => {
    const [period] = duePeriods(new Date(now), zone, 1, 'gb_days');
    expect(period?.window.from.toISOString()).toBe(from);
    // Local midnight, or the first moment after it where the clocks jump over midnight.
    const local = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      day: 'numeric',
      hour: 'numeric',
      hourCycle: 'h23',
    });
    expect(local.format(period?.window.from)).toMatch(/^1, 0[01]$/);
  });
});

test.each([
  ['2026-08', true],
  ['2026-07', false],
  ['2025-12', false],
  ['2026-09', undefined],
  ['2027-01', undefined],
  ['2026-13', undefined],
  ['2026-8', undefined],
  ['August', undefined],
])('the month %s, asked for in August 2026: current is %s', (text, isCurrent) => {
  const period = periodOf(text, new Date('2026-08-15T12:00:00Z'), 'UTC');
  expect(period?.isCurrent).toBe(isCurrent);
});
