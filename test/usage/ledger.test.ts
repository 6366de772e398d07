import { expect, test } from 'vitest';
import { createLedger } from '../../src/usage/ledger.ts';
import type { UsagesApi } from '../../src/waldur/client.ts';
import type { ComponentUsage } from '../../src/waldur/types.ts';
import { OFFERING, RESOURCE } from '../fakes/offering.ts';

const signal = new AbortController().signal;

function setup(records: { type: string; usage: string | number }[]) {
  const rows = records.map(
    (record, i): ComponentUsage => ({
      ...record,
      uuid: String(i).repeat(32),
      resource: RESOURCE,
      billingPeriod: '2026-08-01',
    }),
  );
  const usages = {
    list: async function* () {
      yield* rows;
    },
  } as unknown as UsagesApi;
  return createLedger(usages, OFFERING, '2026-08-01');
}

function shows(currentUsages: Record<string, number | string>) {
  return { uuid: RESOURCE, name: 'b', state: 'OK', backendId: 'a', plan: undefined, currentUsages } as const;
}

test('what a resource shows is checked against its records, then against what it showed before', async () => {
  const ledger = setup([{ type: 'storage', usage: '5.00' }]);
  await ledger.read(signal);
  expect(ledger.isCurrent(shows({ storage: 5 }), ['storage'])).toBe(true);
  expect(ledger.isCurrent(shows({ storage: 6 }), ['storage'])).toBe(false);
  expect(ledger.isCurrent(shows({ storage: 6 }), ['storage'])).toBe(false);
  ledger.saw(shows({ storage: 6 }), ['storage']);
  // Left over from last month: a fact about the past, which reading again does not change.
  expect(ledger.isCurrent(shows({ storage: 6 }), ['storage'])).toBe(true);
});

test('our own reports are expected', async () => {
  const ledger = setup([]);
  await ledger.read(signal);
  expect(ledger.isCurrent(shows({}), ['storage'])).toBe(true);
  ledger.submitted({ resource: RESOURCE, usages: [{ type: 'storage', amount: '7.25' }] });
  expect(ledger.isCurrent(shows({ storage: '7.25' }), ['storage'])).toBe(true);
  expect(ledger.recorded(RESOURCE).get('storage')).toMatchObject({ cents: 725n, isAmbiguous: false });
});

test('two records of one component are not guessed about', async () => {
  const ledger = setup([
    { type: 'storage', usage: 5 },
    { type: 'storage', usage: 6 },
  ]);
  await ledger.read(signal);
  expect(ledger.recorded(RESOURCE).get('storage')?.isAmbiguous).toBe(true);
});

test('records that were read half way replace nothing', async () => {
  let rows: readonly (ComponentUsage | Error)[] = [];
  const usages = {
    list: async function* () {
      for (const row of rows) {
        if (row instanceof Error) throw row;
        yield row;
      }
    },
  } as unknown as UsagesApi;
  const record = (type: string, usage: string): ComponentUsage => ({
    uuid: '1'.repeat(32),
    resource: RESOURCE,
    type,
    usage,
    billingPeriod: '2026-08-01',
  });
  const ledger = createLedger(usages, OFFERING, '2026-08-01');
  rows = [record('objects', '7'), record('storage', '100.00')];
  await ledger.read(signal);
  rows = [record('objects', '7'), new Error('the connection broke')];
  await expect(ledger.read(signal)).rejects.toThrow('the connection broke');
  expect(ledger.recorded(RESOURCE).get('storage')).toMatchObject({ cents: 10_000n });
});

test('a resource that two passes did not show is forgotten, and its records are read again when it comes back', async () => {
  const ledger = setup([{ type: 'storage', usage: '5.00' }]);
  await ledger.read(signal);
  ledger.turn();
  expect(ledger.isCurrent(shows({ storage: 5 }), ['storage'])).toBe(true);
  ledger.saw(shows({ storage: 5 }), ['storage']);
  expect(ledger.recorded(RESOURCE).get('storage')).toMatchObject({ cents: 500n });
  ledger.turn();
  ledger.turn();
  expect(ledger.recorded(RESOURCE).size).toBe(0);
  expect(ledger.isCurrent(shows({ storage: 5 }), ['storage'])).toBe(false);
  await ledger.read(signal);
  expect(ledger.recorded(RESOURCE).get('storage')).toMatchObject({ cents: 500n });
});

test('what every pass shows is kept', async () => {
  const ledger = setup([]);
  await ledger.read(signal);
  ledger.submitted({ resource: RESOURCE, usages: [{ type: 'storage', amount: '7.25' }] });
  for (let pass = 0; pass < 5; pass++) {
    ledger.turn();
    expect(ledger.isCurrent(shows({ storage: '7.25' }), ['storage'])).toBe(true);
    expect(ledger.recorded(RESOURCE).get('storage')).toMatchObject({ cents: 725n });
  }
});
