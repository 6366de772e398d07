import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Action, Backend, Found, Observed } from '../../src/plugin/contract.ts';
import { findOrphans, type OrphanDeps, removeOrphan } from '../../src/upkeep/orphans.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ResourceState } from '../../src/waldur/types.ts';
import { OFFERING, offeringConfig } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const OTHER = 'ef'.repeat(16);
const OUTAGE = new AgentError('down', { code: 'WALDUR_FAILED', disposition: 'transient' });
const INVISIBLE = new AgentError('no such offering', { code: 'WALDUR_NOT_FOUND', disposition: 'operator' });
const uuid = (i: number): string => String(i).padStart(32, `${i}`);
const nameOf = (i: number): string => `waldur_acme_genomics_${uuid(i).slice(0, 8)}`;

function account(i: number, values: Partial<Found> = {}): Found {
  return {
    state: 'found',
    account: nameOf(i),
    resource: uuid(i),
    suspended: false,
    quota: { bytes: null, objects: null },
    keys: [],
    metadata: {},
    endpoints: [],
    ...values,
  };
}

interface World {
  readonly accounts: readonly Observed[];
  /** Resources by offering. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, ResourceState>>>>;
  /** What only a look at the resource itself says. */
  readonly found?: Readonly<Record<string, ResourceState | undefined>>;
  readonly failing?: 'observe' | 'offering' | 'list' | 'list of the other' | 'find';
}

function setup({ accounts, rows = {}, found = {}, failing }: World) {
  const applied: Action[] = [];
  const waldur = {
    offerings: {
      get: async () => {
        if (failing === 'offering') throw INVISIBLE;
      },
    },
    resources: {
      listMetered: async function* ({ offering }: { offering: string }) {
        yield Object.entries(rows[offering] ?? {}).map(([resource, state]) => ({ uuid: resource, state }));
        // In the middle of it: what was read is not everything.
        if (failing === (offering === OTHER ? 'list of the other' : 'list')) throw OUTAGE;
      },
      find: async (resource: string) => {
        if (failing === 'find') throw OUTAGE;
        return resource in found ? found[resource] : Object.assign({}, ...Object.values(rows))[resource];
      },
    },
  } as unknown as Waldur;
  const backend = {
    observe: async function* () {
      yield* accounts;
      if (failing === 'observe') throw OUTAGE;
    },
    apply: async (action: Action) => void applied.push(action),
  } as unknown as Backend;
  const offering = offeringConfig();
  const all = [offering, offeringConfig({ uuid: OTHER })].map((one) => ({ offering: one, waldur }));
  const deps: OrphanDeps = { offering, waldur, backend, all };
  return { deps, applied };
}

const alive = { [OFFERING]: { [uuid(9)]: 'OK' } } as const;

test.each<[string, World, readonly [number, string][]]>([
  ['nothing there', { accounts: [] }, []],
  ['a resource that lives', { accounts: [account(1)], rows: { [OFFERING]: { [uuid(1)]: 'Erred' } } }, []],
  ['one that is about to end', { accounts: [account(1)], rows: { [OFFERING]: { [uuid(1)]: 'Terminating' } } }, []],
  [
    'one that ended',
    { accounts: [account(1)], rows: { [OFFERING]: { [uuid(1)]: 'Terminated' } } },
    [[1, 'terminated']],
  ],
  [
    'one that ended, under a name of before',
    { accounts: [account(1, { account: 'old' })], rows: { [OFFERING]: { [uuid(1)]: 'Terminated' } } },
    [[1, 'terminated']],
  ],
  ['one Waldur does not know', { accounts: [account(1)], rows: alive }, [[1, 'unlinked']]],
  [
    'that under the name of another agent',
    { accounts: [account(1, { account: 'lab_x_y_11111111' })], rows: alive },
    [],
  ],
  ['that under the name of another resource', { accounts: [account(1, { account: nameOf(2) })], rows: alive }, []],
  ['one of another offering of ours', { accounts: [account(1)], rows: { ...alive, [OTHER]: { [uuid(1)]: 'OK' } } }, []],
  [
    'one of another offering, where it ended',
    { accounts: [account(1)], rows: { ...alive, [OTHER]: { [uuid(1)]: 'Terminated' } } },
    [],
  ],
  [
    'one of an offering of ours on another Waldur',
    { accounts: [account(1)], rows: { ...alive, [OTHER]: { [uuid(1)]: 'OK' } }, found: { [uuid(1)]: undefined } },
    [],
  ],
  [
    'one of an offering that is not ours',
    { accounts: [account(1)], rows: alive, found: { [uuid(1)]: 'Terminated' } },
    [],
  ],
  [
    'one that was restored while it was listed',
    { accounts: [account(1)], rows: { [OFFERING]: { [uuid(1)]: 'Terminated' } }, found: { [uuid(1)]: 'Creating' } },
    [],
  ],
  ['an account without a stamp', { accounts: [account(1, { resource: undefined })], rows: alive }, []],
])('%s', async (_, world, orphans) => {
  const found = await findOrphans(setup(world).deps, signal);
  expect(found.map(({ resource, reason }) => [resource, reason])).toEqual(
    orphans.map(([i, reason]) => [uuid(i), reason]),
  );
});

test.each(['observe', 'offering', 'list', 'list of the other', 'find'] as const)(
  'nothing is an orphan when %s fails, at the end of it, too',
  async (failing) => {
    const { deps } = setup({ accounts: [account(1)], rows: alive, failing });
    await expect(findOrphans(deps, signal)).rejects.toThrow(failing === 'offering' ? INVISIBLE : OUTAGE);
  },
);

test('the other offerings are asked only when there is something to ask about', async () => {
  const { deps } = setup({
    accounts: [account(1)],
    rows: { [OFFERING]: { [uuid(1)]: 'OK' } },
    failing: 'list of the other',
  });
  expect(await findOrphans(deps, signal)).toEqual([]);
});

test('a Waldur that shows nothing at all proves nothing', async () => {
  const { deps } = setup({ accounts: [account(1)] });
  await expect(findOrphans(deps, signal)).rejects.toMatchObject({ code: 'ORPHANS_UNPROVEN', disposition: 'operator' });
});

test.each([
  ['refuse', false],
  ['suspend', false],
  ['purge', true],
] as const)('with on_terminate %s an orphan is deleted with purge %s', async (onTerminate, purge) => {
  const { deps, applied } = setup({ accounts: [], rows: alive });
  const offering = offeringConfig({ onTerminate });
  const orphan = { account: account(1), resource: uuid(1), reason: 'unlinked' } as const;
  await removeOrphan({ ...deps, offering }, orphan, signal);
  expect(applied).toEqual([{ kind: 'delete-account', account: nameOf(1), resource: uuid(1), purge }]);
});

test.each(['no-delete', 'observe-only'] as const)('with the policy %s none is', async (policy) => {
  const { deps, applied } = setup({ accounts: [], rows: alive });
  const orphan = { account: account(1), resource: uuid(1), reason: 'unlinked' } as const;
  const removed = removeOrphan({ ...deps, offering: offeringConfig({ policy }) }, orphan, signal);
  await expect(removed).rejects.toMatchObject({ code: 'POLICY' });
  expect(applied).toEqual([]);
});

test.each<[string, World, string]>([
  ['was restored meanwhile', { accounts: [], rows: { [OFFERING]: { [uuid(1)]: 'OK' } } }, 'ORPHAN_OWNED'],
  ['cannot be looked at now', { accounts: [], rows: alive, failing: 'find' }, 'WALDUR_FAILED'],
])('one whose resource %s is kept', async (_, world, code) => {
  const { deps, applied } = setup(world);
  const orphan = { account: account(1), resource: uuid(1), reason: 'terminated' } as const;
  await expect(removeOrphan(deps, orphan, signal)).rejects.toMatchObject({ code });
  expect(applied).toEqual([]);
});
