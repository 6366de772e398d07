import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duePeriods, isAtMonthEdge, periodOf, reportDate } from '../../src/usage/period.ts';

const now = new Date('2026-08-31T22:30:00Z');

describe('which months are due', () => {
  test('now belongs to the month of the zone, not of the machine', () => {
    expect(duePeriods(now, 'UTC', 1, 'current')[0]?.billingPeriod).toBe('2026-08-01');
    expect(duePeriods(now, 'Europe/Tallinn', 1, 'current')[0]?.billingPeriod).toBe('2026-09-01');
    expect(duePeriods(now, 'America/New_York', 1, 'current')[0]?.billingPeriod).toBe('2026-08-01');
  });
  test('past months, oldest first, across the year, only with a history', () => {
    const january = new Date('2026-01-15T12:00:00Z');
    const names = (metering: 'current' | 'gb_days') =>
      duePeriods(january, 'UTC', 3, metering).map(({ billingPeriod }) => billingPeriod);
    expect(names('gb_days')).toEqual(['2025-11-01', '2025-12-01', '2026-01-01']);
    expect(names('current')).toEqual(['2026-01-01']);
  });
  test('a month is as long as the walls say, daylight saving included', () => {
    const [march] = duePeriods(new Date('2026-04-02T00:00:00Z'), 'Europe/Tallinn', 2, 'gb_days');
    expect(march?.window).toEqual({ from: new Date('2026-02-28T22:00:00Z'), to: new Date('2026-03-31T21:00:00Z') });
    const [october] = duePeriods(new Date('2026-11-02T00:00:00Z'), 'Europe/Tallinn', 2, 'gb_days');
    expect(october?.window).toEqual({ from: new Date('2026-09-30T21:00:00Z'), to: new Date('2026-10-31T22:00:00Z') });
  });
});

const zones = fc.constantFrom(
  'UTC',
  'Europe/Tallinn',
  'America/St_Johns',
  'Pacific/Auckland',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
);
const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });

test('months join without a gap, and now lies in the last one', () => {
  fc.assert(
    fc.property(moments, zones, fc.integer({ min: 1, max: 12 }), (at, zone, count) => {
      const periods = duePeriods(at, zone, count, 'gb_days');
      expect(periods).toHaveLength(count);
      const last = periods.at(-1);
      expect(last?.isCurrent).toBe(true);
      expect(last && last.window.from <= at && last.window.to <= at).toBe(true);
      for (const [i, period] of periods.slice(1).entries()) expect(period.window.from).toEqual(periods[i]?.window.to);
    }),
  );
});

test('the date of a report lies in its month in every zone', () => {
  fc.assert(
    fc.property(moments, zones, zones, (at, ours, theirs) => {
      const [past] = duePeriods(at, ours, 2, 'gb_days');
      if (past === undefined) return false;
      const date = new Date(reportDate(past, at));
      const month = new Intl.DateTimeFormat('en-CA', { timeZone: theirs, year: 'numeric', month: '2-digit' }).format(
        date,
      );
      return month === past.billingPeriod.slice(0, 7);
    }),
  );
});

describe('a month asked for by name', () => {
  test.each(['2026-13', '2026-00', '2026-8', 'August', '', '2026-08-01', '2026-10', '../..'])('%j is none', (text) => {
    expect(periodOf(text, now, 'UTC')).toBeUndefined();
  });
  test('past and current', () => {
    expect(periodOf('2026-07', now, 'UTC')).toMatchObject({ billingPeriod: '2026-07-01', isCurrent: false });
    expect(periodOf('2026-08', now, 'UTC')).toMatchObject({ isCurrent: true, window: { to: now } });
  });
});

test.each([
  ['2026-08-31T23:56:00Z', true],
  ['2026-09-01T00:04:00Z', true],
  ['2026-08-31T23:50:00Z', false],
  ['2026-09-01T00:06:00Z', false],
])('%s is at the edge: %s', (at, expected) => {
  expect(isAtMonthEdge(new Date(at), 'UTC')).toBe(expected);
});
