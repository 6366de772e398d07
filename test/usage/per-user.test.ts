import { expect, test } from 'vitest';
import { createLedger } from '../../src/usage/ledger.ts';
import { reportUserUsage } from '../../src/usage/per-user.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { silentLog } from '../fakes/log.ts';
import { component, OFFERING, offeringConfig, RESOURCE } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const RECORD = '1'.repeat(32);
const STORAGE = { ...component({ unitFactor: 1000 }), isOpen: true };
const METERED = {
  uuid: RESOURCE,
  name: 'r',
  state: 'OK',
  backendId: 'a',
  plan: undefined,
  currentUsages: {},
} as const;

test('byte seconds of users are sold in days, too', async () => {
  const sent: unknown[] = [];
  const usages: Partial<Waldur['usages']> = {
    list: async function* () {
      yield { uuid: RECORD, resource: RESOURCE, type: 's3_storage', usage: '3.00', billingPeriod: '2026-08-01' };
    },
    listUsers: async function* () {},
    submitUsers: async (record, amounts) => void sent.push([record, amounts]),
  };
  const waldur = { usages } as Waldur;
  const users = { alice: { storage: 3n * 86_400n * 1000n } };
  const usage = { account: 'a', measuredAt: new Date(0), quantities: { storage: 3n * 86_400n * 1000n }, users };
  const ledger = createLedger(waldur.usages, OFFERING, '2026-08-01');
  const deps = { offering: offeringConfig({ metering: 'gb_days' }), waldur, log: silentLog() };
  await reportUserUsage(deps, [STORAGE], [{ resource: METERED, usage }], ledger, signal);
  expect(sent).toEqual([[RECORD, [{ username: 'alice', usage: '3.00' }]]]);
});

test('only the amounts of users that changed are sent, to the record of their component', async () => {
  const sent: unknown[] = [];
  const usages: Partial<Waldur['usages']> = {
    list: async function* () {
      yield { uuid: RECORD, resource: RESOURCE, type: 's3_storage', usage: '7.00', billingPeriod: '2026-08-01' };
    },
    listUsers: async function* () {
      yield { resource: RESOURCE, type: 's3_storage', username: 'alice', usage: 5 };
      yield { resource: RESOURCE, type: 's3_storage', username: 'bob', usage: '1.00' };
    },
    submitUsers: async (record, amounts) => void sent.push([record, amounts]),
  };
  const waldur = { usages } as Waldur;
  const users = { alice: { storage: 5000n }, bob: { storage: 2000n }, carol: { storage: 0n }, dave: { objects: 3n } };
  const usage = { account: 'a', measuredAt: new Date(0), quantities: { storage: 7000n }, users };
  const ledger = createLedger(waldur.usages, OFFERING, '2026-08-01');
  const deps = { offering: offeringConfig(), waldur, log: silentLog() };
  await reportUserUsage(
    deps,
    [{ ...component({ unitFactor: 1000 }), isOpen: true }],
    [{ resource: METERED, usage }],
    ledger,
    signal,
  );
  expect(sent).toEqual([
    [
      RECORD,
      [
        { username: 'bob', usage: '2.00' },
        { username: 'carol', usage: '0.00' },
      ],
    ],
  ]);
});

test.each<[string, Record<string, Record<string, bigint>> | undefined, readonly string[]]>([
  ['without users', undefined, []],
  ['of users that did not change', { alice: { storage: 5000n } }, ['records', 'user records']],
  ['without a record in Waldur', { alice: { objects: 5n } }, ['records', 'user records']],
])('usage %s sends nothing', async (_, users, expected) => {
  const requests: string[] = [];
  const usages: Partial<Waldur['usages']> = {
    list: async function* () {
      requests.push('records');
      yield { uuid: RECORD, resource: RESOURCE, type: 's3_storage', usage: '5.00', billingPeriod: '2026-08-01' };
    },
    listUsers: async function* () {
      requests.push('user records');
      yield { resource: RESOURCE, type: 's3_storage', username: 'alice', usage: 5 };
    },
    submitUsers: async () => void requests.push('submit'),
  };
  const waldur = { usages } as Waldur;
  const usage = { account: 'a', measuredAt: new Date(0), quantities: {}, ...(users && { users }) };
  const ledger = createLedger(waldur.usages, OFFERING, '2026-08-01');
  const deps = { offering: offeringConfig(), waldur, log: silentLog() };
  const objects = { ...component({ type: 's3_objects', backendName: 'objects', unitFactor: 1 }), isOpen: true };
  await reportUserUsage(deps, [STORAGE, objects], [{ resource: METERED, usage }], ledger, signal);
  expect(requests).toEqual(expected);
});
