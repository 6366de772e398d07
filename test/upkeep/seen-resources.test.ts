import { expect, test } from 'vitest';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import { createSeenResources, MOST_SEEN } from '../../src/upkeep/seen-resources.ts';
import { manualClock } from '../fakes/clock.ts';
import { RESOURCE, resource } from '../fakes/offering.ts';

const DAY_MS = 86_400_000;
const TALLY = { 'in-step': 1, drift: 0, missing: 0, pending: 0, unreadable: 0, faulty: 0 };
const UNREADABLE = { kind: 'unreadable', left: [], error: undefined } as const;

function found(bytes: bigint): Found {
  return {
    state: 'found',
    account: 'waldur_a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: 100n, objects: null },
    holds: { bytes, objects: 1n },
    keys: [{ id: 'K', works: true }],
    metadata: { secret_key: 'never to be kept' },
    endpoints: [],
  };
}

test('what cannot be read now is shown as it was, with the time it was read', async () => {
  const clock = manualClock();
  const seen = createSeenResources(clock);
  seen.note(resource(), found(40n));
  const readAt = clock.now();
  await clock.advance(60_000);
  seen.note(resource(), undefined, UNREADABLE);
  expect(seen.get(RESOURCE)).toMatchObject({ finding: 'unreadable', at: readAt, found: { holds: { bytes: 40n } } });
});

test('of the account only what the page needs is kept: no metadata, which may hold a secret', () => {
  const seen = createSeenResources(manualClock());
  seen.note(resource(), found(40n));
  expect(
    JSON.stringify([...seen.list()], (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
  ).not.toMatch(/never to be kept/);
});

test('an account that was proved absent has no numbers any more', () => {
  const seen = createSeenResources(manualClock());
  seen.note(resource(), found(40n));
  const absent: Observed = { state: 'absent', account: 'waldur_a' };
  seen.note(resource(), absent, { kind: 'missing', left: [], error: undefined });
  expect(seen.get(RESOURCE)).toMatchObject({ finding: 'missing', found: undefined });
});

test('a pass forgets what it did not meet, but not what an order made meanwhile', async () => {
  const clock = manualClock();
  const seen = createSeenResources(clock);
  seen.note(resource({ uuid: 'a'.repeat(32) }), found(1n));
  await clock.advance(1000);
  const startedAt = clock.now();
  seen.note(resource({ uuid: 'b'.repeat(32) }), found(1n));
  seen.passed(startedAt, TALLY);
  expect([...seen.list()].map(({ uuid }) => uuid)).toEqual(['b'.repeat(32)]);
  expect(seen.lastPass()).toEqual({ at: startedAt, tally: TALLY });
});

test('the trend has the last reading of each of the last eight days', async () => {
  const clock = manualClock();
  const seen = createSeenResources(clock);
  for (let day = 0; day < 10; day++) {
    seen.note(resource(), found(0n));
    seen.note(resource(), found(BigInt(day)));
    await clock.advance(DAY_MS);
  }
  expect(seen.get(RESOURCE)?.trend.map(({ bytes }) => bytes)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the number of resources that are remembered is bounded', () => {
  const seen = createSeenResources(manualClock());
  for (let i = 0; i < MOST_SEEN + 5; i++) seen.note(resource({ uuid: String(i).padStart(32, '0') }), found(1n));
  expect(seen.size()).toBe(MOST_SEEN);
});
