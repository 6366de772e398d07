import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { remembered } from '../../src/store/remembered.ts';
import type { Store } from '../../src/store/store.ts';
import { createSampledUsage } from '../../src/usage/sampled-usage.ts';
import { manualClock } from '../fakes/clock.ts';
import { OFFERING } from '../fakes/offering.ts';
import { createSite, HOUR, STORAGE } from './site.ts';

const signal = new AbortController().signal;
const SAMPLED = { metering: 'gb_days', isSampled: true, components: [STORAGE] } as const;
const DAY = 24 * HOUR;

/** Lets hours pass as the agent lives them: a sample at each, then a report. */
async function live(site: ReturnType<typeof createSite>, usage: ReturnType<typeof site.start>, hours: number) {
  for (let hour = 0; hour < hours; hour++) {
    await usage.sampler?.pass(signal);
    await usage.reporter.report({}, signal);
    await site.clock.advance(HOUR);
  }
}

describe('gb_days of a backend without history', () => {
  test('are the integral of what it held', async () => {
    const site = createSite({ start: '2026-08-10T00:00:00Z', offering: SAMPLED });
    const usage = site.start();
    site.holds.set('a0', { storage: 24_000n });
    await live(site, usage, 24);
    site.holds.set('a0', { storage: 48_000n });
    await live(site, usage, 12);
    await usage.reporter.report({}, signal);
    // A day of 24 units, half a day of 48.
    expect(site.recorded('2026-08')).toBe(4800n);
    expect(site.requests).not.toContain('usage gb_days');
  });

  test('the month ends full, although the last report is sent before its end', async () => {
    const site = createSite({ start: '2026-08-31T00:00:00Z', offering: SAMPLED });
    const usage = site.start();
    site.holds.set('a0', { storage: 24_000n });
    await live(site, usage, 23);
    await site.clock.advance(52 * 60_000);
    await usage.reporter.report({}, signal);
    expect(site.recorded('2026-08')).toBe(2400n);
    // What was closed is not measured again: neither a larger nor a smaller use in the last minutes changes it.
    site.holds.set('a0', { storage: 1000n });
    await site.clock.advance(3 * 60_000);
    await live(site, usage, 30);
    expect(site.recorded('2026-08')).toBe(2400n);
    expect(await usage.reporter.report({}, signal)).toMatchObject({ lost: 0, guarded: 0, failed: 0 });
  });

  test('go on while Waldur is down, and over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-usage-'));
    const clock = manualClock();
    const path = join(folder, 'agent.db');
    let store: Store = await openStore(path, clock);
    try {
      const before = createSite({ start: '2026-08-10T00:00:00Z', offering: SAMPLED, store });
      before.holds.set('a0', { storage: 24_000n });
      await live(before, before.start(), 3);
      before.state.waldurDown = true;
      const usage = before.start();
      for (let hour = 0; hour < 3; hour++) {
        await usage.sampler?.pass(signal);
        await before.clock.advance(HOUR);
      }
      await store.close();
      store = await openStore(path, clock);
      const after = createSite({ start: '2026-08-10T06:00:00Z', offering: SAMPLED, store });
      after.holds.set('a0', { storage: 24_000n });
      await after.start().reporter.report({}, signal);
      expect(after.recorded('2026-08')).toBe(600n);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('end with the resource: the last sample is taken before its account is deleted', async () => {
    const site = createSite({ start: '2026-08-10T00:00:00Z', offering: SAMPLED });
    const usage = site.start();
    site.holds.set('a0', { storage: 24_000n });
    await live(site, usage, 6);
    await site.clock.advance(30 * 60_000);
    const [resource] = site.resources;
    if (resource === undefined) throw new Error('there is no resource');
    await usage.reporter.reportFinal(resource, site.clock.now(), signal);
    expect(site.recorded('2026-08')).toBe(650n);
    site.holds.clear();
    await site.clock.advance(HOUR);
    await usage.reporter.reportFinal(resource, site.clock.now(), signal);
    expect(site.recorded('2026-08')).toBe(650n);
  });

  test('a counter that wrapped is no sample', async () => {
    const site = createSite({ start: '2026-08-10T00:00:00Z', offering: SAMPLED });
    const usage = site.start();
    site.holds.set('a0', { storage: 24_000n });
    await live(site, usage, 2);
    site.holds.set('a0', { storage: 2n ** 64n - 1n });
    await live(site, usage, 1);
    site.holds.set('a0', { storage: 24_000n });
    await live(site, usage, 1);
    await usage.reporter.report({}, signal);
    expect(site.recorded('2026-08')).toBe(400n);
  });
});

test('the peak is the most that was sampled in the month', async () => {
  const site = createSite({ start: '2026-08-10T00:00:00Z', offering: { ...SAMPLED, metering: 'peak' } });
  const usage = site.start();
  for (const quantity of [1000n, 5000n, 2000n]) {
    site.holds.set('a0', { storage: quantity });
    await live(site, usage, 1);
  }
  await usage.reporter.report({}, signal);
  expect(site.recorded('2026-08')).toBe(500n);
});

test('an account that was never sampled is missing, not zero', async () => {
  const site = createSite({ offering: SAMPLED, resources: 2, periods: 1 });
  site.holds.set('a0', { storage: 1000n });
  const usage = site.start();
  expect(await usage.sampler?.pass(signal)).toMatchObject({ sampled: 1, unreadable: 1 });
  await site.clock.advance(HOUR);
  expect(await usage.reporter.report({}, signal)).toMatchObject({ submitted: 1, missing: 1 });
});

describe('any history of samples', () => {
  const from = new Date('2026-08-01T00:00:00Z');
  const to = new Date('2026-09-01T00:00:00Z');
  const HOLD = 2 * HOUR;
  /** Minutes from five days before the month to five days after it. */
  const minute = fc.integer({ min: -5 * 24 * 60, max: 36 * 24 * 60 });
  const samples = fc.uniqueArray(fc.record({ minute, quantity: fc.bigInt({ min: 0n, max: 2n ** 60n }) }), {
    selector: (sample) => sample.minute,
    maxLength: 60,
  });

  /** Minute by minute: what the rule says of each. */
  function minuteByMinute(all: readonly { minute: number; quantity: bigint }[]): bigint | undefined {
    const sorted = [...all].sort((a, b) => a.minute - b.minute);
    let total: bigint | undefined;
    let index = -1;
    for (let at = 0; at < 31 * 24 * 60; at++) {
      while (sorted[index + 1] !== undefined && (sorted[index + 1]?.minute ?? 0) <= at) index++;
      const before = sorted[index];
      const after = sorted[index + 1];
      if (before === undefined) continue;
      const isHeld = at < before.minute + HOLD / 60_000;
      if (!isHeld && after === undefined) continue;
      const least = after !== undefined && after.quantity < before.quantity ? after.quantity : before.quantity;
      total = (total ?? 0n) + (isHeld ? before.quantity : least) * 60n;
    }
    return total;
  }

  test('comes to what counting minute by minute gives: in any order, with gaps, restarts and replays', async () => {
    const clock = manualClock('2026-09-10T00:00:00Z');
    const folder = mkdtempSync(join(tmpdir(), 'agent-usage-'));
    const path = join(folder, 'agent.db');
    let store = await openStore(path, clock);
    let account = 0;
    try {
      await fc.assert(
        fc.asyncProperty(samples, fc.array(fc.nat()), fc.nat({ max: 5 }), async (all, replays, restart) => {
          const name = `a${account++}`;
          const told = [...all, ...replays.flatMap((i) => all[i % Math.max(1, all.length)] ?? [])];
          for (const [i, sample] of told.entries()) {
            const at = new Date(from.getTime() + sample.minute * 60_000);
            await store.samples.add(OFFERING, [{ account: name, component: 'storage', at, quantity: sample.quantity }]);
            if (i !== restart) continue;
            await store.close();
            store = await openStore(path, clock);
          }
          const closed = remembered(store, 'closed-months', OFFERING);
          const deps = {
            offering: OFFERING,
            metering: 'gb_days',
            samples: store.samples,
            closed,
            holdMs: HOLD,
          } as const;
          const sampled = createSampledUsage(deps);
          const inMonth = all.some(({ minute: at }) => at >= -HOLD / 60_000 && at < 31 * 24 * 60);
          const expected = inMonth ? minuteByMinute(all) : undefined;
          expect((await sampled.of([name], { from, to }, true)).get(name)?.['storage']).toBe(expected);
          expect((await sampled.of([name], { from, to }, true)).get(name)?.['storage']).toBe(expected);
        }),
        { numRuns: 60 },
      );
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  test('a month that is closed stays as it is, one that may still grow does not close', async () => {
    const clock = manualClock('2026-09-10T00:00:00Z');
    const store = await openStore(undefined, clock);
    const closed = remembered(store, 'closed-months', OFFERING);
    const deps = { offering: OFFERING, metering: 'gb_days', samples: store.samples, closed, holdMs: HOLD } as const;
    const sampled = createSampledUsage(deps);
    const add = (at: string, quantity: bigint): Promise<void> =>
      store.samples.add(OFFERING, [{ account: 'a', component: 'storage', at: new Date(at), quantity }]);
    const month = async (): Promise<bigint | undefined> =>
      (await sampled.of(['a'], { from, to }, true)).get('a')?.['storage'];
    await add('2026-08-30T22:00:00Z', 10n);
    expect(await month()).toBe(10n * 7200n);
    // The agent was away over the end of the month: what both ends prove is added.
    await add('2026-09-02T00:00:00Z', 4n);
    expect(await month()).toBe(10n * 7200n + 4n * BigInt(DAY / 1000));
    await add('2026-08-31T12:00:00Z', 1n);
    expect(await month()).toBe(10n * 7200n + 4n * BigInt(DAY / 1000));
  });
});
