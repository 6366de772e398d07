import { describe, expect, test } from 'vitest';
import type { OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import type { Action, Backend, Found, Observed, Pending } from '../../src/plugin/contract.ts';
import { createAbsences } from '../../src/upkeep/absences.ts';
import { repair } from '../../src/upkeep/repair.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import { RESOURCE_STATES, type Resource, type ResourceState } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { GIB, offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const error = (code: string, disposition: AgentError['disposition']): AgentError =>
  new AgentError('It did not work.', { code, disposition });
const FULL = error('FAKE_FULL', 'terminal');
const DOWN = error('FAKE_DOWN', 'transient');
const GONE = 'The storage account of this resource is gone, and the agent cannot make it again. (ACCOUNT_MISSING)';
const TAKEN = 'The storage account of this resource belongs to another one. (ACCOUNT_TAKEN)';

interface World {
  readonly resource?: Partial<Resource>;
  /** Undefined is absent; the facts of one that is there. */
  readonly account?: Partial<Found> | Pending | undefined;
  readonly offering?: Partial<OfferingConfig>;
  readonly failing?: Readonly<Record<string, AgentError>>;
  /** The pass before proved the absence, too. */
  readonly wasAbsent?: boolean;
}

function isPending(account: World['account']): account is Pending {
  return account?.state === 'pending';
}

function setup(world: World) {
  const did: string[] = [];
  const drift: string[] = [];
  const clock = manualClock();
  const act = (name: string, text = name): void => {
    did.push(text);
    const failure = world.failing?.[name];
    if (failure !== undefined) throw failure;
  };
  const found = (values: Partial<Found> = {}): Found => ({
    state: 'found',
    account: 'a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: BigInt(GIB), objects: null },
    keys: [{ id: 'K', works: true }],
    metadata: {},
    endpoints: [],
    ...values,
  });
  const isAbsent = 'account' in world && world.account === undefined;
  const { account: given } = world;
  let account: Observed = isAbsent ? { state: 'absent', account: 'a' } : isPending(given) ? given : found(given);
  const backend = {
    observe: async function* (): AsyncGenerator<Observed> {
      did.push('look');
      const failure = world.failing?.['look'];
      if (failure !== undefined) throw failure;
      yield account;
    },
    apply: async (action: Action) => {
      act(action.kind);
      if (action.kind === 'create-account') account = found({ keys: [] });
      if (action.kind === 'set-quota') account = found({ quota: action.to });
      if (action.kind !== 'issue-key') return { changed: true };
      account = found({ keys: [{ id: 'K', works: true }] });
      return { changed: true, credentials: { accessKey: 'K', secretKey: 's', endpoint: 'https://s3', region: 'r' } };
    },
  } as unknown as Backend;
  const waldur = {
    resources: {
      get: async () =>
        resource({
          state: 'OK',
          backendId: 'a',
          limits: { s3_storage: 1 },
          backendMetadata: { s3_credentials: { access_key: 'K' } },
          ...world.resource,
        }),
      setBackendMetadata: async () => act('metadata'),
      setAsErred: async (_: string, text: string) => act('erred', `erred: ${text}`),
      setAsOk: async () => act('ok'),
      refreshLastSync: async () => act('synced'),
    },
  } as unknown as Waldur;
  const offering = offeringConfig(world.offering);
  const random = (): number => 0.5;
  const absences = createAbsences();
  if (world.wasAbsent === true) absences.proved(RESOURCE);
  const deps = {
    offering,
    waldur,
    backend,
    clock,
    keys: createKeyStore({ offering, waldur, clock, random }),
    log: silentLog(),
    planQuotas: async () => ({}),
    absences,
    drift: (result: string) => void drift.push(result),
  };
  const run = (): Promise<string> =>
    repair(deps, RESOURCE, signal).then(
      () => 'in step',
      (reason: AgentError) => reason.code,
    );
  return { run, did, drift, absences };
}

const SMALL = { quota: { bytes: 1n, objects: null } };
const KEPT: readonly ResourceState[] = ['OK', 'Erred', 'Updating'];

describe('which resources are kept in step', () => {
  // The others are about to get an account, or to lose it: only their order knows.
  test.each(RESOURCE_STATES.map((state) => [state, KEPT.includes(state)] as const))('%s: %s', async (state, isKept) => {
    const { run, did } = setup({ resource: { state, paused: true } });
    expect(await run()).toBe('in step');
    expect(did).toEqual(isKept ? ['look', 'suspend', 'look', 'synced'] : []);
  });

  test('none that has no account yet', async () => {
    const { run, did } = setup({ resource: { backendId: '' } });
    await run();
    expect(did).toEqual([]);
  });
});

describe('a difference', () => {
  test.each<[string, World, string, readonly string[], readonly string[]]>([
    ['none: only the time is written', {}, 'in step', ['look', 'synced'], []],
    ['of the quota', { account: SMALL }, 'in step', ['look', 'set-quota', 'look', 'synced'], ['found', 'repaired']],
    [
      'that cannot be taken away now',
      { account: SMALL, failing: { 'set-quota': DOWN } },
      'FAKE_DOWN',
      ['look', 'set-quota'],
      ['found', 'left'],
    ],
    [
      'that cannot be taken away at all: the account is there, so the resource is not Erred',
      { account: SMALL, failing: { 'set-quota': FULL } },
      'FAKE_FULL',
      ['look', 'set-quota'],
      ['found', 'left'],
    ],
    [
      'against the policy',
      { account: SMALL, offering: { policy: 'observe-only' } },
      'POLICY',
      ['look'],
      ['found', 'left'],
    ],
    ['that cannot be seen', { failing: { look: DOWN } }, 'FAKE_DOWN', ['look'], []],
  ])('%s', async (_, world, ending, did, drift) => {
    const made = setup(world);
    expect(await made.run()).toBe(ending);
    expect(made.did).toEqual(did);
    expect(made.drift).toEqual(drift);
  });
});

describe('an account that is missing', () => {
  const missing: World = { account: undefined, resource: { backendMetadata: {} } };
  const again: World = { ...missing, wasAbsent: true };
  const made = ['look', 'create-account', 'issue-key', 'look', 'metadata', 'synced'];
  test.each<[string, World, string, readonly string[]]>([
    ['is not made again after one proof', missing, 'in step', ['look']],
    ['is made again after the second', again, 'in step', made],
    ['of a resource that others made Erred is not', { ...again, resource: { state: 'Erred' } }, 'in step', ['look']],
    [
      'of one that we made Erred is, and it is OK again',
      { ...again, resource: { state: 'Erred', errorMessage: GONE, backendMetadata: {} } },
      'in step',
      [...made.slice(0, -1), 'ok', 'synced'],
    ],
    [
      'makes the resource Erred when the backend refuses for good',
      { ...again, failing: { 'create-account': FULL } },
      'FAKE_FULL',
      ['look', 'create-account', `erred: ${GONE}`],
    ],
    [
      'makes the resource Erred when the policy forbids to make it',
      { ...again, offering: { policy: 'observe-only' } },
      'POLICY',
      ['look', `erred: ${GONE}`],
    ],
    [
      'waits while the backend is down',
      { ...again, failing: { 'create-account': DOWN } },
      'FAKE_DOWN',
      ['look', 'create-account'],
    ],
    [
      'waits when Waldur refuses',
      { ...again, failing: { metadata: error('WALDUR_REFUSED', 'terminal') } },
      'WALDUR_REFUSED',
      // The key that Waldur did not take goes.
      ['look', 'create-account', 'issue-key', 'look', 'metadata', 'revoke-key'],
    ],
  ])('%s', async (_, world, ending, did) => {
    const run = setup(world);
    expect(await run.run()).toBe(ending);
    expect(run.did).toEqual(did);
  });

  test('was found: the next absence is the first again', async () => {
    const { run, absences } = setup({ wasAbsent: true });
    await run();
    expect(absences.proved(RESOURCE)).toBe(false);
  });
});

test('an account that is being made is left, and nothing is said about it', async () => {
  const since = new Date(0);
  const pending: Pending = { state: 'pending', account: 'a', resource: RESOURCE, since, text: '', againAfterMs: 1 };
  const { run, did } = setup({ account: pending });
  expect(await run()).toBe('in step');
  expect(did).toEqual(['look']);
});

describe('a resource is made Erred only when it is OK', () => {
  const other = { resource: 'b'.repeat(32) };
  test.each<[ResourceState, string, readonly string[]]>([
    ['OK', '', ['look', `erred: ${TAKEN}`]],
    ['Erred', 'A person says why.', ['look']],
    ['Erred', TAKEN, ['look']],
    ['Updating', '', ['look']],
  ])('%s, "%s", and its account is of another', async (state, errorMessage, did) => {
    const made = setup({ resource: { state, errorMessage }, account: other });
    expect(await made.run()).toBe('ACCOUNT_TAKEN');
    expect(made.did).toEqual(did);
  });

  test.each<[ResourceState, string, readonly string[]]>([
    ['OK', '', [`erred: ${GONE}`]],
    ['Erred', GONE, []],
    ['Updating', '', []],
  ])('%s, "%s", and its account cannot be made again', async (state, errorMessage, erred) => {
    const resource = { state, errorMessage, backendMetadata: {} };
    const made = setup({ resource, account: undefined, wasAbsent: true, failing: { 'create-account': FULL } });
    expect(await made.run()).toBe('FAKE_FULL');
    expect(made.did).toEqual(['look', 'create-account', ...erred]);
  });

  test('an account without a stamp may be an imported one', async () => {
    const { run, did } = setup({ account: { resource: undefined } });
    expect(await run()).toBe('ACCOUNT_UNSTAMPED');
    expect(did).toEqual(['look']);
  });
});

test.each<[string, readonly string[]]>([
  [TAKEN, ['look', 'ok', 'synced']],
  [GONE, ['look', 'ok', 'synced']],
  ['A person says why.', ['look', 'synced']],
  ['A person quotes (ACCOUNT_MISSING) and goes on.', ['look', 'synced']],
])('only what we made Erred is made OK again: %s', async (errorMessage, did) => {
  const made = setup({ resource: { state: 'Erred', errorMessage } });
  await made.run();
  expect(made.did).toEqual(did);
});
