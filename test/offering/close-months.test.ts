import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/types.ts';
import { closeMonths } from '../../src/offering/close-months.ts';
import { manualClock } from '../fakes/clock.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Runs from `start`; the times at which a month was reported, each attempt failing `failures` times. */
function setup(start: string, timezone: string, random = 0.5, failures = 0) {
  const clock = manualClock(start);
  const stop = new AbortController();
  const reports: string[] = [];
  let left = failures;
  const report = async (): Promise<boolean> => {
    reports.push(clock.now().toISOString());
    return left-- <= 0;
  };
  const config = { timezone } as Config;
  const ended = closeMonths({ clock, config, random: () => random }, report, stop.signal);
  return { clock, reports, ended, stop };
}

describe('each month is reported once more before it ends', () => {
  test.each([
    ['UTC', 0, '2026-08-31T23:50:00.000Z'],
    ['UTC', 1, '2026-08-31T23:53:00.000Z'],
    ['Europe/Tallinn', 0.5, '2026-08-31T20:51:30.000Z'],
    ['America/New_York', 0.5, '2026-09-01T03:51:30.000Z'],
  ])('in %s, spread by %d: %s', async (timezone, random, at) => {
    const { clock, reports } = setup('2026-08-30T12:00:00Z', timezone, random);
    for (let hours = 0; hours < 72; hours++) await clock.advance(HOUR);
    expect(reports).toEqual([at]);
  });

  test('and the next one, too', async () => {
    const { clock, reports } = setup('2026-08-31T23:55:00Z', 'UTC');
    for (let hours = 0; hours < 24 * 31; hours++) await clock.advance(HOUR);
    expect(reports).toEqual(['2026-09-30T23:51:30.000Z']);
  });
});

test('a failure is tried again every two minutes, up to the end of the month', async () => {
  const { clock, reports } = setup('2026-08-31T23:40:00Z', 'UTC', 0, 99);
  for (let minutes = 0; minutes < 60; minutes++) await clock.advance(MINUTE);
  expect(reports).toEqual(['50', '52', '54', '56', '58'].map((minute) => `2026-08-31T23:${minute}:00.000Z`));
});

test('ends at once when the offering stops', async () => {
  const { reports, ended, stop } = setup('2026-08-15T00:00:00Z', 'UTC');
  stop.abort();
  await ended;
  expect(reports).toEqual([]);
});
