import { expect, test } from 'vitest';
import { createResourceHistory } from '../../src/offering/resource-history.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { SeenResource } from '../../src/upkeep/seen-resources.ts';
import { manualClock } from '../fakes/clock.ts';
import { OFFERING, RESOURCE } from '../fakes/offering.ts';

const HOUR_MS = 3_600_000;

function setup(isDurable = true) {
  const clock = manualClock();
  const { samples } = createMemoryStore(clock);
  const failures: unknown[] = [];
  const store = { isDurable, samples };
  const keep = createResourceHistory({ offering: OFFERING, store, clock, failed: (error) => failures.push(error) });
  const read = async (component: string): Promise<readonly unknown[]> => {
    await clock.advance(1000);
    const range = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') };
    const series = await samples.read(`${OFFERING}/seen`, 'waldur_a', range);
    return series.find((one) => one.component === component)?.points.map(({ quantity }) => quantity) ?? [];
  };
  return { clock, keep, read, failures, samples };
}

function seen(bytes: bigint, limit: bigint): SeenResource {
  const quota = { bytes: limit, objects: null };
  const found = { suspended: false, quota, holds: { bytes, objects: 1n }, keys: [] };
  const about = { uuid: RESOURCE, name: 'a', account: 'waldur_a', customer: 'acme', project: 'genomics' };
  return { ...about, finding: 'in-step', error: undefined, left: [], at: new Date(0), found, trend: [] };
}

test('what does not change is kept once', async () => {
  const { clock, keep, read } = setup();
  for (let i = 0; i < 10; i++) {
    keep(seen(5n, 10n));
    await clock.advance(12 * HOUR_MS);
  }
  expect(await read('storage')).toEqual([5]);
});

test('usage that changes all the time is kept every six hours, a limit at once', async () => {
  const { clock, keep, read } = setup();
  for (let hour = 0; hour < 12; hour++) {
    keep(seen(BigInt(hour), 10n));
    await clock.advance(HOUR_MS);
  }
  expect(await read('storage')).toEqual([0, 6]);
  keep(seen(12n, 20n));
  expect(await read('limit storage')).toEqual([10, 10, 20]);
});

test('what is older than 90 days is forgotten', async () => {
  const { clock, keep, read } = setup();
  keep(seen(1n, 10n));
  await clock.advance(100 * 24 * HOUR_MS);
  keep(seen(2n, 10n));
  expect(await read('storage')).toEqual([2]);
});

test('without a state file nothing is kept, and a disk that is full stops nothing', async () => {
  const memory = setup(false);
  memory.keep(seen(1n, 10n));
  expect(await memory.read('storage')).toEqual([]);
  const full = setup();
  full.samples.add = async () => {
    throw new Error('ENOSPC');
  };
  full.keep(seen(1n, 10n));
  await full.clock.advance(2000);
  expect(full.failures).toHaveLength(1);
});
