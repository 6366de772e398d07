import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billingPeriod, samePeriod } from '../../../src/sandbox/rules/billing-period.ts';
import { formatCents, parseDecimal } from '../../../src/sandbox/rules/decimal.ts';
import { parseUsages } from '../../../src/sandbox/rules/usage.ts';

describe('amounts', () => {
  test('two decimals survive the round trip exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }), (cents) => {
        expect(parseDecimal(formatCents(cents))).toEqual({ cents });
      }),
    );
  });

  test('anything else is a problem, never an exception', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseDecimal(value);
        if ('cents' in parsed) expect(String(value).trim()).toMatch(/^[+-]?\d*\.?\d{0,2}$/);
        else expect(parsed.problem).not.toBe('');
      }),
    );
  });

  test.each([
    ['1.234', 'Ensure that there are no more than 2 decimal places.'],
    ['1e3', 'A valid number is required.'],
    ['', 'A valid number is required.'],
    [`${'9'.repeat(19)}.99`, 'Ensure that there are no more than 20 digits in total.'],
  ])('%s', (amount, problem) => {
    expect(parseDecimal(amount)).toEqual({ problem });
  });
});

describe('the list of usages', () => {
  test('is either items or problems, whatever comes in', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseUsages(value);
        expect('items' in parsed).toBe(!('problem' in parsed));
      }),
    );
  });

  test('problems stand at their place', () => {
    expect(parseUsages([{ type: 'a', amount: '1' }, { amount: 'x' }, 'y'])).toEqual({
      problem: {
        usages: [
          {},
          { type: ['This field is required.'], amount: ['A valid number is required.'] },
          { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] },
        ],
      },
    });
  });
});

describe('billing months', () => {
  test.each([
    ['2026-08-31T23:59:59Z', 'UTC', '2026-08-01'],
    ['2026-08-31T23:59:59Z', 'Europe/Tallinn', '2026-09-01'],
    ['2026-09-01T02:00:00Z', 'America/New_York', '2026-08-01'],
  ])('%s in %s is %s', (time, zone, period) => {
    expect(billingPeriod(new Date(time), zone)).toBe(period);
  });

  test.each([
    ['month', '2026-08-01', '2026-07-01', false],
    ['quarterly', '2026-08-01', '2026-07-01', true],
    ['quarterly', '2026-07-01', '2026-06-01', false],
    ['annual', '2026-12-01', '2026-01-01', true],
    ['annual', '2026-01-01', '2025-12-01', false],
    ['total', '2026-01-01', '1999-12-01', true],
  ])('%s: %s and %s together %s', (limitPeriod, a, b, together) => {
    expect(samePeriod(limitPeriod, a, b)).toBe(together);
  });
});
