import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Backend, Usage } from '../../src/plugin/contract.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Line } from '../../src/usage/build.ts';
import { createUsage } from '../../src/usage/create-usage.ts';
import { periodOf } from '../../src/usage/period.ts';
import { serverDate } from '../../src/usage/report-month.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ComponentUsage, MeteredResource, UsageReport } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { component, offeringConfig } from '../fakes/offering.ts';

const signal = new AbortController().signal;

function uuid(i: number): string {
  return String(i).padStart(32, '0');
}

/** A Waldur that keeps what it is told, and counts its requests; `refuse` fails the submissions of one resource. */
function setup(
  options: {
    resources?: number;
    quantities?: (account: string) => bigint | undefined | Promise<bigint>;
    refuse?: string;
    skewMs?: number;
    start?: string;
    canDate?: boolean;
  } = {},
) {
  const clock = manualClock(options.start);
  const resources = Array.from(
    { length: options.resources ?? 3 },
    (_, i): MeteredResource & { currentUsages: Record<string, string> } => ({
      uuid: uuid(i),
      name: `r${i}`,
      state: 'OK',
      backendId: `a${i}`,
      plan: uuid(999),
      currentUsages: {},
    }),
  );
  const records: ComponentUsage[] = [];
  const requests: string[] = [];
  const dates: (string | undefined)[] = [];
  const waldur = {
    clockSkewMs: () => options.skewMs ?? 0,
    offerings: { get: async () => ({ components: [{ type: 's3_storage', billingType: 'usage' }] }) },
    resources: {
      listMetered: async function* () {
        for (let i = 0; i < resources.length; i += 100) {
          requests.push('resources');
          yield resources
            .slice(i, i + 100)
            .map((resource) => ({ ...resource, currentUsages: { ...resource.currentUsages } }));
        }
      },
    },
    usages: {
      takesDate: async () => options.canDate ?? true,
      list: async function* ({ billingPeriod }: { billingPeriod: string }) {
        requests.push('records');
        yield* records.filter((record) => record.billingPeriod === billingPeriod);
      },
      submit: async (report: UsageReport) => {
        requests.push('submit');
        if (report.resource === options.refuse)
          throw new AgentError('no', { code: 'WALDUR_REFUSED', disposition: 'terminal' });
        dates.push(report.date);
        for (const { type, amount } of report.usages) {
          const resource = resources.find((candidate) => candidate.uuid === report.resource);
          if (resource !== undefined) resource.currentUsages[type] = amount;
          records.push({
            uuid: uuid(records.length),
            resource: report.resource,
            type,
            usage: amount,
            billingPeriod: '2026-08-01',
          });
        }
      },
    },
  } as unknown as Waldur;
  const backend = {
    usage: async function* (accounts: readonly string[]): AsyncGenerator<Usage> {
      for (const account of accounts) {
        const quantity = options.quantities === undefined ? 5000n : await options.quantities(account);
        if (quantity !== undefined) yield { account, measuredAt: clock.now(), quantities: { storage: quantity } };
      }
    },
  } as unknown as Backend;
  const offering = offeringConfig({ components: [component({ unitFactor: 1000 })], allowDecrease: false });
  const { reporter } = createUsage({
    offering,
    waldur,
    backend,
    store: createMemoryStore(clock),
    clock,
    log: silentLog(),
    timezone: 'UTC',
    periods: 2,
    perUser: false,
    sampleIntervalMs: 3_600_000,
  });
  return { clock, reporter, requests, records, resources, dates };
}

test('a second pass over an unchanged month reads one page per hundred resources and sends nothing', async () => {
  const { reporter, requests } = setup({ resources: 250 });
  expect(await reporter.report({}, signal)).toMatchObject({ submitted: 250, failed: 0 });
  requests.length = 0;
  expect(await reporter.report({}, signal)).toMatchObject({ submitted: 0, unchanged: 250 });
  expect(requests).toEqual(['resources', 'resources', 'resources']);
});

test('what someone else reported in between is read again', async () => {
  const { reporter, requests, resources, records } = setup();
  await reporter.report({}, signal);
  requests.length = 0;
  const [first] = resources;
  if (first !== undefined) first.currentUsages['s3_storage'] = '99';
  records[0] = { ...(records[0] as ComponentUsage), usage: '99' };
  const summary = await reporter.report({}, signal);
  expect(requests).toEqual(['resources', 'records']);
  expect(summary).toMatchObject({ guarded: 1, unchanged: 3 });
});

test('a resource that comes back after two passes without it has its records read again', async () => {
  const { reporter, requests, resources, records } = setup();
  await reporter.report({}, signal);
  const [away] = resources.splice(0, 1);
  for (let pass = 0; pass < 2; pass++) await reporter.report({}, signal);
  requests.length = 0;
  if (away !== undefined) resources.push(away);
  expect(await reporter.report({}, signal)).toMatchObject({ submitted: 0, unchanged: 3 });
  expect(requests).toEqual(['resources', 'records']);
  expect(records).toHaveLength(3);
});

test('one refused resource and one unreadable one do not hold up the others', async () => {
  const { reporter, records } = setup({
    refuse: uuid(1),
    quantities: (account) => (account === 'a2' ? undefined : 5000n),
  });
  expect(await reporter.report({}, signal)).toEqual({
    submitted: 1,
    unchanged: 0,
    missing: 1,
    failed: 1,
    guarded: 0,
    lost: 0,
    failure: undefined,
  });
  expect(records.map(({ resource }) => resource)).toEqual([uuid(0)]);
});

test('a backend that breaks off is named, and what it said before goes', async () => {
  const broken = new AgentError('no answer', { code: 'BACKEND_DOWN', disposition: 'transient' });
  const { reporter, records } = setup({
    quantities: (account) => (account === 'a1' ? Promise.reject(broken) : Promise.resolve(5000n)),
  });
  expect(await reporter.report({}, signal)).toMatchObject({ submitted: 1, missing: 2, failure: broken });
  expect(records.map(({ resource }) => resource)).toEqual([uuid(0)]);
});

test('what is there now is never booked in a month that is over', async () => {
  const { reporter, clock, requests } = setup();
  const july = periodOf('2026-07', clock.now(), 'UTC');
  await expect(reporter.report({ period: july }, signal)).rejects.toMatchObject({ code: 'PERIOD_OVER' });
  expect(requests).toEqual([]);
  const august = periodOf('2026-08', clock.now(), 'UTC');
  expect(await reporter.report({ period: august }, signal)).toMatchObject({ submitted: 3 });
});

test('a dry run shows every decision and sends nothing', async () => {
  const { reporter, requests } = setup();
  const lines: Line[] = [];
  const summary = await reporter.report({ dryRun: true, onLine: (line) => lines.push(line) }, signal);
  expect(requests).not.toContain('submit');
  expect(summary.submitted).toBe(3);
  expect(lines.map(({ account, measured, status }) => [account, measured, status])).toEqual([
    ['a0', '5.00', 'new'],
    ['a1', '5.00', 'new'],
    ['a2', '5.00', 'new'],
  ]);
});

test('numbers read while the month turns belong to neither month', async () => {
  const { reporter, clock, requests } = setup({
    start: '2026-08-31T23:59:59Z',
    quantities: async (account) => {
      if (account === 'a1') await clock.advance(2000);
      return 5000n;
    },
  });
  await reporter.report({}, signal);
  expect(requests).not.toContain('submit');
});

test('the date is the instant of measurement, never in the future of the server', async () => {
  const { reporter, dates } = setup({ resources: 1, skewMs: -30_000 });
  await reporter.report({}, signal);
  expect(dates).toEqual(['2026-08-25T09:59:30.000Z']);
});

// Waldur refuses a date in its future, and books one before the month in the month before.
test.each<[string, number, string, string, string]>([
  ['that is behind gets no future', -30_000, '2026-08-01', '2026-08-25T10:00:00Z', '2026-08-25T09:59:30.000Z'],
  ['that is ahead gets the instant itself', 30_000, '2026-08-01', '2026-08-25T10:00:00Z', '2026-08-25T10:00:00.000Z'],
  ['that is still in the month before', -30_000, '2026-09-01', '2026-09-01T00:00:10Z', '2026-09-01T00:00:00.000Z'],
  [
    'of a month that is over gets its middle',
    -30_000,
    '2026-07-01',
    '2026-08-25T10:00:00Z',
    '2026-07-15T12:00:00.000Z',
  ],
])('the date for a server %s', (_, skewMs, month, measuredAt, date) => {
  const now = new Date(measuredAt);
  const period = periodOf(month.slice(0, 7), now, 'UTC');
  if (period === undefined) throw new Error(`${month} is no month`);
  const waldur = { clockSkewMs: () => skewMs } as Waldur;
  expect(serverDate({ waldur }, period, now)).toBe(date);
});

test('a server that does not tell its time is taken to have ours', () => {
  const period = periodOf('2026-08', new Date('2026-08-25T10:00:00Z'), 'UTC');
  if (period === undefined) throw new Error('no month');
  const waldur = { clockSkewMs: () => undefined } as unknown as Waldur;
  expect(serverDate({ waldur }, period, new Date('2026-08-25T10:00:00Z'))).toBe('2026-08-25T10:00:00.000Z');
});

test('clocks an hour apart stop reporting', async () => {
  const { reporter } = setup({ skewMs: 3_700_000 });
  await expect(reporter.report({}, signal)).rejects.toMatchObject({ code: 'CLOCK_SKEW', disposition: 'operator' });
});

test('a server without dates gets none', async () => {
  const { reporter, dates } = setup({ resources: 1, canDate: false });
  await reporter.report({}, signal);
  expect(dates).toEqual([undefined]);
});

test('a server without dates gets no report at the turn of the month', async () => {
  const { reporter, requests } = setup({ canDate: false, start: '2026-08-31T23:58:00Z' });
  await reporter.report({}, signal);
  expect(requests).toEqual([]);
});
