import { expect, test } from 'vitest';
import { createOrderRates } from '../../src/monitor/order-rates.ts';
import { manualClock } from '../fakes/clock.ts';

const HOUR_MS = 3_600_000;

test('orders are counted by the hour in which they ended, and forgotten after a day', async () => {
  const clock = manualClock('2026-08-25T10:30:00Z');
  const rates = createOrderRates(clock);
  rates.note(true, 100);
  rates.note(false, 100);
  await clock.advance(HOUR_MS);
  rates.note(true, 100);
  const { hours } = rates.read();
  expect(hours).toHaveLength(24);
  expect(hours.slice(-2)).toEqual([
    { from: new Date('2026-08-25T10:00:00Z'), done: 1, failed: 1 },
    { from: new Date('2026-08-25T11:00:00Z'), done: 1, failed: 0 },
  ]);
  await clock.advance(24 * HOUR_MS);
  expect(rates.read().hours.every(({ done, failed }) => done + failed === 0)).toBe(true);
});

test('durations are those of the last 200 orders', () => {
  const rates = createOrderRates(manualClock());
  expect(rates.read()).toMatchObject({ medianMs: undefined, p95Ms: undefined });
  for (let i = 0; i < 100; i++) rates.note(true, 1_000_000);
  for (let i = 1; i <= 200; i++) rates.note(true, i);
  expect(rates.read()).toMatchObject({ medianMs: 100, p95Ms: 190 });
});
