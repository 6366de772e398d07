import { expect, test } from 'vitest';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Backend, Found, Observed, Sought } from '../../src/plugin/contract.ts';
import { createAbsences } from '../../src/upkeep/absences.ts';
import { createSeenResources } from '../../src/upkeep/seen-resources.ts';
import { createUpkeep } from '../../src/upkeep/upkeep.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { Resource } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { recordingLog } from '../fakes/log.ts';
import { GIB, offeringConfig, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;

function uuid(i: number): string {
  return String(i).padStart(32, '0');
}

/** A resource in step with `account(i)`. */
function row(i: number, values: Partial<Resource> = {}): Resource {
  const s3_credentials = { access_key: 'K' };
  return resource({
    uuid: uuid(i),
    state: 'OK',
    backendId: `a${i}`,
    limits: { s3_storage: 1 },
    backendMetadata: { s3_credentials },
    ...values,
  });
}

function account(i: number, values: Partial<Found> = {}): Found {
  const quota = { bytes: BigInt(GIB), objects: null };
  return {
    state: 'found',
    account: `a${i}`,
    resource: uuid(i),
    suspended: false,
    quota,
    keys: [{ id: 'K', works: true }],
    metadata: {},
    endpoints: [],
    ...values,
  };
}

/** A backend that is `uninvited` tells also what it was not asked for. */
function setup(resources: Resource[], accounts: Observed[], busy: string[] = [], uninvited = false) {
  const { log, said } = recordingLog();
  const listings: number[] = [];
  const repaired: string[] = [];
  const waldur = {
    resources: {
      list: async function* () {
        yield* resources;
      },
    },
  } as unknown as Waldur;
  const backend = {
    observe: async function* (sought: readonly Sought[]) {
      const names = sought.map(({ account: name }) => name);
      listings.push(names.length);
      for (const observed of accounts) if (names.includes(observed.account) || uninvited) yield observed;
    },
  } as unknown as Backend;
  const upkeep = createUpkeep({
    offering: offeringConfig(),
    waldur,
    backend,
    keys: createKeyStore({ offering: offeringConfig(), waldur, clock: manualClock(), random: () => 0.5 }),
    absences: createAbsences(),
    resources: createSeenResources(manualClock()),
    planQuotas: async () => ({}),
    log,
    isBusy: (of) => busy.includes(of),
    repair: async (of) => void repaired.push(of),
  });
  return { upkeep, listings, repaired, accounts, said };
}

test('what is in step costs one listing and no repair', async () => {
  const many = Array.from({ length: 250 }, (_, i) => i);
  const { upkeep, listings, repaired } = setup(
    many.map((i) => row(i)),
    many.map((i) => account(i)),
  );
  expect(await upkeep.pass(signal)).toMatchObject({ 'in-step': 250 });
  expect(listings).toEqual([250]);
  expect(repaired).toEqual([]);
});

test.each([
  ['its quota', {}, { quota: { bytes: 1n, objects: null } }],
  ['its flag', { paused: true }, {}],
  ['its key', {}, { keys: [] }],
  ['its metadata', {}, { metadata: { s3_endpoint: 'https://new' } }],
  ['its endpoints', {}, { endpoints: [{ name: 'S3', url: 'https://new' }] }],
] as const)('a resource that differs in %s is repaired, the others are not', async (_, values, of) => {
  const { upkeep, repaired } = setup([row(1), row(2, values)], [account(1), account(2, of)]);
  expect(await upkeep.pass(signal)).toMatchObject({ 'in-step': 1, drift: 1 });
  expect(repaired).toEqual([uuid(2)]);
});

test('a key that is listed and does not work is missing', async () => {
  const { upkeep, repaired } = setup([row(1)], [account(1, { keys: [{ id: 'K', works: false }] })]);
  expect(await upkeep.pass(signal)).toMatchObject({ drift: 1 });
  expect(repaired).toEqual([uuid(1)]);
});

test('what cannot be meant holds up nothing else', async () => {
  const limits = { s3_storage: 1, gpu: 4 };
  const { upkeep, repaired } = setup([row(1, { limits, paused: true }), row(2, { limits })], [account(1), account(2)]);
  expect(await upkeep.pass(signal)).toMatchObject({ drift: 1, faulty: 1 });
  expect(repaired).toEqual([uuid(1)]);
});

test('an account that is being made is waited for', async () => {
  const since = new Date(0);
  const pending: Observed = { state: 'pending', account: 'a1', resource: uuid(1), since, text: '', againAfterMs: 1 };
  const { upkeep, repaired } = setup([row(1)], [pending]);
  expect(await upkeep.pass(signal)).toMatchObject({ pending: 1 });
  expect(repaired).toEqual([]);
});

test('a resource that a failed creation left Erred gets no new account', async () => {
  const { upkeep, repaired } = setup([row(1, { state: 'Erred' })], [{ state: 'absent', account: 'a1' }]);
  for (let pass = 0; pass < 3; pass++) expect(await upkeep.pass(signal)).toMatchObject({ missing: 1 });
  expect(repaired).toEqual([]);
});

test('an account is made again only when its absence was proved twice in a row', async () => {
  const { upkeep, repaired, accounts } = setup([row(1)], [{ state: 'absent', account: 'a1' }]);
  expect(await upkeep.pass(signal)).toMatchObject({ missing: 1 });
  accounts[0] = account(1);
  await upkeep.pass(signal);
  accounts[0] = { state: 'absent', account: 'a1' };
  await upkeep.pass(signal);
  expect(repaired).toEqual([]);
  await upkeep.pass(signal);
  expect(repaired).toEqual([uuid(1)]);
});

test.each<[string, Partial<Resource>, Partial<Found>, boolean]>([
  ['in step, and Erred by us', { state: 'Erred', errorMessage: 'It is gone. (ACCOUNT_MISSING)' }, {}, true],
  ['in step, and Erred by a person', { state: 'Erred', errorMessage: 'on purpose' }, {}, false],
  ['of another resource, and OK', {}, { resource: uuid(9) }, true],
  ['of another resource, which Waldur says', { state: 'Erred' }, { resource: uuid(9) }, false],
])('what Waldur says is put right: %s', async (_, values, of, isDue) => {
  const { upkeep, repaired } = setup([row(1, values)], [account(1, of)]);
  await upkeep.pass(signal);
  expect(repaired).toEqual(isDue ? [uuid(1)] : []);
});

test('unreadable, unstamped and busy accounts are left alone', async () => {
  const unstamped = account(2, { resource: undefined });
  const { upkeep, repaired } = setup([row(1), row(2), row(3, { paused: true })], [unstamped, account(3)], [uuid(3)]);
  expect(await upkeep.pass(signal)).toMatchObject({ unreadable: 1, faulty: 1, drift: 1 });
  expect(repaired).toEqual([]);
});

test('a resource without a name belongs to its order', async () => {
  const { upkeep } = setup([row(1, { backendId: '' })], []);
  expect(await upkeep.pass(signal)).toEqual({
    'in-step': 0,
    drift: 0,
    missing: 0,
    pending: 0,
    unreadable: 0,
    faulty: 0,
  });
});

test('nothing to look at costs no listing', async () => {
  const { upkeep, listings } = setup([row(1, { backendId: '' })], []);
  await upkeep.pass(signal);
  expect(listings).toEqual([]);
});

test('an account that was not asked for is nothing', async () => {
  const { upkeep, repaired } = setup([row(1)], [account(7), account(1)], [], true);
  expect(await upkeep.pass(signal)).toMatchObject({ 'in-step': 1, drift: 0, unreadable: 0 });
  expect(repaired).toEqual([]);
});

test.each<[string, Partial<Resource>, Observed, readonly string[]]>([
  ['nothing about what is in step', {}, account(1), []],
  ['what it is about to change', { paused: true }, account(1), ['info drift found']],
  ['nothing about actions when only Waldur is behind', {}, account(1, { metadata: { s3_user: 'x' } }), []],
  [
    'why something cannot be brought in step',
    { limits: { s3_storage: 1, gpu: 4 } },
    account(1),
    ['warn the resource cannot be brought in step'],
  ],
  ['what is missing', {}, { state: 'absent', account: 'a1' }, ['warn the account of the resource is missing']],
])('a pass says %s', async (_, values, observed, texts) => {
  const { upkeep, said } = setup([row(1, values)], [observed]);
  await upkeep.pass(signal);
  expect(said.map(({ text }) => text)).toEqual(texts);
});
