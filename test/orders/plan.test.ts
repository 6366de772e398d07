import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/orders/desired.ts';
import { planAccount, planPrune, planRemoval } from '../../src/orders/plan.ts';
import { allow, permitted } from '../../src/orders/policy.ts';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import { RESOURCE } from '../fakes/offering.ts';

const of = { account: 'a', resource: RESOURCE };
const desired: Desired = {
  ...of,
  displayName: 'A',
  suspended: false,
  isFrozen: false,
  byteRules: {},
  isServed: true,
  quota: { bytes: 10n },
  attributes: {},
  isChangeable: (attribute) => attribute !== 'name',
  problems: [],
  notes: [],
};
const planActions = (...given: Parameters<typeof planAccount>) => planAccount(...given).actions;
const absent: Observed = { state: 'absent', account: 'a' };
function found(values: Partial<Found> = {}): Found {
  return {
    state: 'found',
    account: 'a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: 10n, objects: null },
    keys: [{ id: 'K1', works: true }],
    metadata: {},
    endpoints: [],
    ...values,
  };
}
const kinds = (actions: readonly { kind: string }[]): string[] => actions.map(({ kind }) => kind);

describe('presence', () => {
  test('an absent account is made with its quota, then gets its key', () => {
    expect(planActions(desired, absent, 1)).toEqual([
      { kind: 'create-account', ...of, displayName: 'A', quota: { bytes: 10n }, attributes: {} },
      { kind: 'issue-key', ...of },
    ]);
    expect(kinds(planActions({ ...desired, suspended: true }, absent, 0))).toEqual(['create-account', 'suspend']);
  });
  test('who ordered it is told to the backend, where that is known', () => {
    const [create] = planActions({ ...desired, orderedBy: 'alice' }, absent, 0);
    expect(create).toMatchObject({ kind: 'create-account', orderedBy: 'alice' });
  });
  test('what is right already needs nothing', () => {
    expect(planActions(desired, found(), 0)).toEqual([]);
  });
  test('a dimension that was not ordered keeps its value', () => {
    const observed = found({ quota: { bytes: 5n, objects: 7n } });
    expect(planActions(desired, observed, 0)).toEqual([
      { kind: 'set-quota', ...of, from: { bytes: 5n, objects: 7n }, to: { bytes: 10n, objects: 7n } },
    ]);
  });
  test('every missing key is issued', () => {
    expect(kinds(planActions(desired, found(), 2))).toEqual(['issue-key', 'issue-key']);
  });
  test('suspend and resume follow the flag', () => {
    expect(kinds(planActions({ ...desired, suspended: true }, found(), 0))).toEqual(['suspend']);
    expect(kinds(planActions(desired, found({ suspended: true }), 0))).toEqual(['resume']);
  });
});

describe('a frozen account', () => {
  const frozen = { ...desired, isFrozen: true };
  const holding = (bytes: bigint, quota: bigint | null) =>
    found({ quota: { bytes: quota, objects: null }, holds: { bytes, objects: 1n } });
  test.each([
    ['may hold what it holds', holding(3n, 10n), 3n],
    ['never more than was ordered', holding(30n, 20n), 10n],
    ['is frozen at nothing when it holds nothing', holding(0n, 10n), 0n],
  ])('%s', (_, observed, bytes) => {
    expect(planActions(frozen, observed, 0)).toMatchObject([{ kind: 'set-quota', to: { bytes } }]);
  });
  test('stays as it is where the backend does not say what it holds', () => {
    expect(planActions(frozen, found(), 0)).toEqual([]);
    expect(planActions(frozen, found({ quota: { bytes: 3n, objects: null } }), 0)).toEqual([]);
    expect(planActions(frozen, found({ quota: { bytes: null, objects: null } }), 0)).toMatchObject([
      { to: { bytes: 10n } },
    ]);
  });
  test('is frozen at what the backend can keep', () => {
    const stepped = { ...frozen, byteRules: { step: 4n, zero: false } };
    expect(planActions(stepped, holding(5n, 10n), 0)).toMatchObject([{ to: { bytes: 8n } }]);
    expect(planActions(stepped, holding(0n, 10n), 0)).toMatchObject([{ to: { bytes: 4n } }]);
  });
});

describe('attributes', () => {
  const tagged = { ...desired, attributes: { tags: ['a'], name: 'x', cors: null } };
  test('are given at the creation, but for what is unset', () => {
    expect(planActions(tagged, absent, 0)).toMatchObject([{ attributes: { tags: ['a'], name: 'x' } }]);
  });
  test('that may be changed are changed, others are left, and what cannot be read is no difference', () => {
    const plan = planAccount(tagged, found({ attributes: { tags: ['b'], name: 'y' } }), 0);
    expect(plan.actions).toEqual([{ kind: 'configure', ...of, changes: [{ path: 'tags', from: ['b'], to: ['a'] }] }]);
    expect(plan.left).toEqual([{ path: 'name', from: 'y', to: 'x' }]);
  });
  test('that are unset at the backend, and to be unset, are as they should be', () => {
    expect(planAccount(tagged, found({ attributes: { tags: ['a'], name: 'x', cors: null } }), 0)).toEqual({
      actions: [],
      left: [],
    });
  });
});

describe('an account that is being made', () => {
  const since = new Date(0);
  const pending: Observed = { state: 'pending', account: 'id', resource: RESOURCE, since, text: '', againAfterMs: 1 };
  test('is waited for', () => {
    expect(planAccount(desired, pending, 1)).toEqual({ actions: [], left: [] });
  });
  test('is deleted when it is not wanted any more, whatever holds for the data of others', () => {
    expect(planRemoval(of, pending, 'suspend')).toMatchObject([{ kind: 'delete-account', purge: false }]);
  });
  test('of another resource is never touched', () => {
    expect(() => planAccount(desired, { ...pending, resource: undefined }, 1)).toThrow('taken by another account');
  });
});

test('a resource that is not served gets no account and no key, and its limits and flags all the same', () => {
  const unserved = { ...desired, isServed: false, suspended: true, quota: { bytes: 5n } };
  expect(planActions(unserved, absent, 1)).toEqual([]);
  expect(kinds(planActions(unserved, found(), 1))).toEqual(['set-quota', 'suspend']);
});

describe('removal', () => {
  test.each([
    ['refuse', [{ kind: 'delete-account', ...of, purge: false }]],
    ['purge', [{ kind: 'delete-account', ...of, purge: true }]],
    ['suspend', [{ kind: 'suspend', ...of }]],
  ] as const)('%s', (onTerminate, actions) => {
    expect(planRemoval(of, found(), onTerminate)).toEqual(actions);
  });
  test('of an absent account takes what a run that ended half-way left of it', () => {
    expect(planRemoval(of, absent, 'suspend')).toEqual([{ kind: 'delete-account', ...of, purge: false }]);
    expect(planRemoval(of, absent, 'purge')).toEqual([{ kind: 'delete-account', ...of, purge: true }]);
  });
  test('a suspended account is suspended enough', () => {
    expect(planRemoval(of, found({ suspended: true }), 'suspend')).toEqual([]);
  });
});

test.each([undefined, 'b'.repeat(32)])('an account stamped %s is never touched', (resource) => {
  const foreign = { ...found(), resource };
  expect(() => planActions(desired, foreign, 1)).toThrow('taken by another account');
  expect(() => planRemoval(of, foreign, 'purge')).toThrow('taken by another account');
});

test('what is left over is revoked', () => {
  expect(planPrune(of, ['K1'])).toEqual([{ kind: 'revoke-key', ...of, accessKey: 'K1' }]);
});

describe('policy', () => {
  const create = planActions(desired, absent, 1);
  const remove = planRemoval(of, found(), 'purge');
  test.each([
    ['full', create, true],
    ['full', remove, true],
    ['no-delete', create, true],
    ['no-delete', remove, false],
    ['observe-only', create, false],
    ['observe-only', [], true],
  ] as const)('%s', (policy, actions, passes) => {
    const filtered = () => allow(policy, actions);
    expect(permitted(policy, actions)).toEqual(passes ? actions : []);
    if (passes) expect(filtered()).toEqual(actions);
    else expect(filtered).toThrow(expect.objectContaining({ code: 'POLICY', disposition: 'operator' }));
  });
});
