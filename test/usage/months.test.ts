import { describe, expect, test } from 'vitest';
import type { Line } from '../../src/usage/build.ts';
import { createSite, HOUR, OBJECTS, STORAGE, uuidOf } from './site.ts';

const signal = new AbortController().signal;
const HISTORY = { metering: 'gb_days', components: [STORAGE, OBJECTS] } as const;
/** Three units of storage and two objects, each held for a day. */
const THREE_DAYS = { storage: 3n * 1000n * 86_400n, objects: 2n * 86_400n };

describe('a month that is over', () => {
  test('takes only the components that Waldur still takes, and says what is lost', async () => {
    const site = createSite({ start: '2026-09-02T10:00:00Z', offering: HISTORY });
    site.holds.set('a0', THREE_DAYS);
    const { reporter } = site.start();
    const lines: Line[] = [];
    const summary = await reporter.report({ onLine: (line) => lines.push(line) }, signal);
    expect(site.recorded('2026-08', 's3_objects')).toBe(200n);
    expect(site.recorded('2026-08', 's3_storage')).toBeUndefined();
    expect(site.recorded('2026-09', 's3_storage')).toBe(300n);
    expect(summary).toMatchObject({ failed: 0, lost: 1 });
    expect(lines.map(({ component, status }) => `${component} ${status}`)).toEqual([
      's3_storage lost',
      's3_objects new',
      's3_storage new',
      's3_objects new',
    ]);
    expect(site.said.filter(({ text }) => text.includes('not billed')).map(({ fields }) => fields)).toEqual([
      { resource: uuidOf(0), component: 's3_storage', recorded: undefined, measured: '3.00', period: '2026-08' },
    ]);
    site.requests.length = 0;
    expect(await reporter.report({}, signal)).toMatchObject({ submitted: 0, unchanged: 2, lost: 1 });
    expect(site.requests).not.toContain('submit');
  });

  test('has lost nothing when Waldur has as much', async () => {
    const site = createSite({ start: '2026-08-31T22:00:00Z', offering: HISTORY });
    site.holds.set('a0', THREE_DAYS);
    const { reporter } = site.start();
    await reporter.report({}, signal);
    await site.clock.advance(5 * HOUR);
    expect(await reporter.report({}, signal)).toMatchObject({ lost: 0, guarded: 0 });
  });

  test('is open for staff', async () => {
    const site = createSite({ start: '2026-09-02T10:00:00Z', offering: HISTORY });
    site.state.isStaff = true;
    site.holds.set('a0', THREE_DAYS);
    expect(await site.start().reporter.report({}, signal)).toMatchObject({ lost: 0 });
    expect(site.recorded('2026-08', 's3_storage')).toBe(300n);
  });
});

test.each([
  ['are sent where that is wanted', true, false, true],
  ['are not sent in a dry run', true, true, false],
  ['are not sent otherwise', false, false, false],
])('the amounts of users %s', async (_, perUser, dryRun, areSent) => {
  const site = createSite({ perUser });
  site.holds.set('a0', { storage: 5000n });
  site.state.users = { alice: { storage: 5000n } };
  // A dry run finds the record of the resource, so that only the users are new.
  const recorded = { uuid: 'u', resource: uuidOf(0), type: 's3_storage', usage: '5.00', billingPeriod: '2026-08-01' };
  site.records.set(`${uuidOf(0)}/s3_storage/2026-08-01`, recorded);
  await site.start().reporter.report({ dryRun }, signal);
  expect(site.requests.includes('submit users')).toBe(areSent);
});

test('how a component is billed is asked again after an hour, and after a refusal', async () => {
  const site = createSite({ offering: { allowDecrease: true } });
  site.holds.set('a0', { storage: 1000n });
  const { reporter } = site.start();
  const asked = (): number => site.requests.filter((name) => name === 'offering').length;
  await reporter.report({}, signal);
  await reporter.report({}, signal);
  expect(asked()).toBe(1);
  await site.clock.advance(HOUR);
  await reporter.report({}, signal);
  expect(asked()).toBe(2);
});

test('a smaller amount is not sent after the records could not be read again', async () => {
  const site = createSite();
  const { reporter } = site.start();
  site.holds.set('a0', { storage: 100_000n });
  await reporter.report({}, signal);
  // Another client reports, which makes the agent read the records again; that fails.
  site.resources[0] = { ...site.resources[0], currentUsages: { s3_storage: '99.00' } } as never;
  site.holds.set('a0', { storage: 10_000n });
  site.state.waldurDown = true;
  await expect(reporter.report({}, signal)).rejects.toMatchObject({ code: 'WALDUR_UNREACHABLE' });
  site.state.waldurDown = false;
  expect(await reporter.report({}, signal)).toMatchObject({ guarded: 1, submitted: 0 });
  expect(site.recorded('2026-08')).toBe(10_000n);
});

describe('the last report of a resource', () => {
  const [resource] = createSite().resources;
  if (resource === undefined) throw new Error('there is no resource');

  test('is what it used up to now', async () => {
    const site = createSite({ offering: { allowDecrease: true } });
    site.holds.set('a0', { storage: 7000n });
    await site.start().reporter.reportFinal(resource, site.clock.now(), signal);
    expect(site.reports).toEqual([
      { resource: uuidOf(0), date: '2026-08-25T10:00:00.000Z', usages: [{ type: 's3_storage', amount: '7.00' }] },
    ]);
  });

  test('never lowers what was reported', async () => {
    const site = createSite();
    const { reporter } = site.start();
    site.holds.set('a0', { storage: 7000n });
    await reporter.reportFinal(resource, site.clock.now(), signal);
    site.holds.set('a0', { storage: 6000n });
    await reporter.reportFinal(resource, site.clock.now(), signal);
    expect(site.recorded('2026-08')).toBe(700n);
  });

  test('holds the deletion for an hour while it may still succeed, and no longer', async () => {
    const site = createSite();
    const { reporter } = site.start();
    site.state.backendDown = true;
    const orderedAt = site.clock.now();
    await expect(reporter.reportFinal(resource, orderedAt, signal)).rejects.toMatchObject({ code: 'BACKEND_DOWN' });
    await site.clock.advance(HOUR);
    await reporter.reportFinal(resource, orderedAt, signal);
    expect(site.reports).toEqual([]);
  });

  test('of an account that is gone is none', async () => {
    const site = createSite();
    await site.start().reporter.reportFinal(resource, site.clock.now(), signal);
    expect(site.reports).toEqual([]);
  });
});
