import { describe, expect, test } from 'vitest';
import { isAgentError } from '../../src/lib/errors.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { buildReport } from '../../src/usage/build.ts';
import { createUsage } from '../../src/usage/create-usage.ts';
import { duePeriods, nextClosing, periodOf } from '../../src/usage/period.ts';
import { implausible } from '../../src/usage/plausible.ts';
import { checkSkew } from '../../src/usage/preconditions.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { recordingLog } from '../fakes/log.ts';
import { component, RESOURCE } from '../fakes/offering.ts';
import { createSite, HOUR } from './site.ts';

const signal = new AbortController().signal;

const resource = {
  uuid: RESOURCE,
  name: 'bucket',
  state: 'OK',
  backendId: 'a',
  plan: '9'.repeat(32),
  currentUsages: {},
} as const;

describe('several records of one month', () => {
  // One measured unit in every case; whatever Waldur has, no one can tell which of its records is the right one.
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

describe('a month in which Waldur takes no more usage', () => {
  const closed = { ...component({ unitFactor: 1000 }), isOpen: false };
  test.each<[string, bigint | undefined, bigint | undefined, string]>([
    ['nothing could be measured', undefined, 100n, 'unreadable'],
    ['nothing was recorded, and something used', 1000n, undefined, 'lost'],
    ['nothing was recorded, and nothing used', 0n, undefined, 'unchanged'],
    ['less was recorded than used', 1010n, 100n, 'lost'],
    ['as much was recorded as used', 1000n, 100n, 'unchanged'],
  ])('where %s', (_, quantity, cents, status) => {
    const { lines, report } = buildReport({
      offering: { allowDecrease: true, metering: 'current' },
      components: [closed],
      resource,
      usage: { account: 'a', measuredAt: new Date(0), quantities: quantity === undefined ? {} : { storage: quantity } },
      recorded: new Map(cents === undefined ? [] : [[closed.type, { cents, isAmbiguous: false }]]),
      date: undefined,
    });
    expect(lines.map((line) => line.status)).toEqual([status]);
    expect(report).toBeUndefined();
  });
});

test.each([
  [3_600_001, 'CLOCK_SKEW', false],
  [-3_600_001, 'CLOCK_SKEW', false],
  [3_600_000, undefined, true],
  [120_001, undefined, true],
  [120_000, undefined, false],
  [undefined, undefined, false],
])('clocks %s ms apart: %s, a warning: %s', (skewMs, code, warns) => {
  const { log, said } = recordingLog();
  const waldur = { clockSkewMs: () => skewMs } as Waldur;
  expect(codeOf(() => checkSkew({ waldur, log }))).toBe(code);
  expect(said.some(({ text }) => text.startsWith('warn '))).toBe(warns);
});

test('the last report of the month that is due right now is over, and that of the next month is next', () => {
  const due = new Date('2026-08-31T23:50:00Z');
  expect(nextClosing(due, 'UTC', 600_000).toISOString()).toBe('2026-09-30T23:50:00.000Z');
  expect(nextClosing(new Date(due.getTime() - 1), 'UTC', 600_000)).toEqual(due);
});

test.each([
  [7_500_000_000_000n, undefined],
  [7_500_000_000_001n, 'it rose faster than any network can fill it'],
])('a rise by %d bytes within a minute: %s', (rise, reason) => {
  const at = new Date(0);
  const bounds = { unit: 'bytes', metering: 'current', capacity: undefined, seconds: 0 } as const;
  expect(implausible(bounds, { quantity: rise, at }, { quantity: 0n, at })).toBe(reason);
});

describe('the last report before a termination', () => {
  const order = new Date('2026-08-25T10:00:00Z');
  test.each([
    ['without an account', { backendId: '', plan: '9'.repeat(32) }],
    ['without a plan', { backendId: 'a0', plan: undefined }],
  ])('asks nothing of a resource %s', async (_, values) => {
    const site = createSite();
    site.holds.set('', { storage: 1000n }).set('a0', { storage: 1000n });
    await site.start().reporter.reportFinal({ uuid: RESOURCE, name: 'r', ...values }, order, signal);
    expect(site.requests).toEqual([]);
  });

  test('ignores what the backend says about another account', async () => {
    const site = createSite();
    const { reporter } = createUsage({
      ...site.deps,
      backend: {
        usage: async function* () {
          yield { account: 'other', measuredAt: order, quantities: { storage: 1000n } };
        },
      } as unknown as Backend,
    });
    await reporter.reportFinal({ uuid: RESOURCE, name: 'r', backendId: 'a0', plan: '9'.repeat(32) }, order, signal);
    expect(site.reports).toEqual([]);
  });
});

test('a month is not shown as unmeasured when the backend cannot be read', async () => {
  const site = createSite();
  site.state.backendDown = true;
  const period = periodOf('2026-08', site.clock.now(), 'UTC');
  if (period === undefined) throw new Error('no period');
  const inspection = site.start().inspect(site.resources[0] ?? resource, period, signal);
  await expect(inspection).rejects.toMatchObject({ code: 'BACKEND_DOWN' });
});

test('old samples are forgotten once a day', async () => {
  const site = createSite({ offering: { metering: 'gb_days', isSampled: true } });
  const forgotten: string[] = [];
  const { sampler } = createUsage({
    ...site.deps,
    store: {
      ...site.store,
      samples: { ...site.store.samples, forget: async (_, before) => void forgotten.push(before.toISOString()) },
    },
  });
  for (const hours of [0, 23, 1, 1]) {
    await site.clock.advance(hours * HOUR);
    await sampler?.pass(signal);
  }
  expect(forgotten).toHaveLength(2);
});

function codeOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return isAgentError(error) ? error.code : error;
  }
}
