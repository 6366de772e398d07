import { expect, test } from 'vitest';
import { stuckKeys } from '../../src/upkeep/key-sweep.ts';
import type { ApiKeyQuery, Waldur } from '../../src/waldur/client.ts';
import type { ApiKey } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { OFFERING, offeringConfig, RESOURCE } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const row = { resource: RESOURCE, clientId: 'K', state: 'Updating', pendingAction: undefined, modified: '' };

function sweep(rows: readonly ApiKey[] | undefined, skewMs?: number) {
  const queries: ApiKeyQuery[] = [];
  const list = async (query: ApiKeyQuery) => {
    queries.push(query);
    return rows;
  };
  const waldur = { apiKeys: { list }, clockSkewMs: () => skewMs } as unknown as Waldur;
  const clock = manualClock('2026-08-25T10:00:00Z');
  return { keys: stuckKeys({ offering: offeringConfig(), waldur, clock }, signal), queries };
}

test('keys that have waited for half an hour, by the clock of the server', async () => {
  const { keys, queries } = sweep([{ ...row, uuid: 'a' }], 120_000);
  expect(await keys).toEqual([{ resource: RESOURCE, key: 'a' }]);
  const before = new Date('2026-08-25T09:32:00Z');
  expect(queries).toEqual([{ offering: OFFERING, states: ['Creating', 'Updating'], before }]);
});

test('a server that does not tell its time is taken to have ours', async () => {
  const { keys, queries } = sweep([]);
  await keys;
  expect(queries[0]?.before).toEqual(new Date('2026-08-25T09:30:00Z'));
});

test('a key that is being made waits only on a server that asks us to make it', async () => {
  const rows = [
    { ...row, uuid: 'a', state: 'Creating' },
    { ...row, uuid: 'b', state: 'Creating', clientId: undefined, pendingAction: 'create' },
  ];
  expect(await sweep(rows).keys).toEqual([{ resource: RESOURCE, key: 'b' }]);
});

test('a server without API keys has none', async () => {
  expect(await sweep(undefined).keys).toEqual([]);
});
