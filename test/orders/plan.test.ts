import { describe, expect, test } from 'vitest';
import { planPresence, planPrune, planRemoval } from '../../src/orders/plan.ts';
import { allow, permitted } from '../../src/orders/policy.ts';
import type { Found, Observed } from '../../src/plugin/contract.ts';
import { RESOURCE } from '../fakes/offering.ts';

const of = { account: 'a', resource: RESOURCE };
const desired = { ...of, displayName: 'A', suspended: false, isFrozen: false, quota: { bytes: 10n } };
const absent: Observed = { state: 'absent', account: 'a' };
function found(values: Partial<Found> = {}): Found {
  return {
    state: 'found',
    account: 'a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: 10n, objects: null },
    accessKeys: ['K1'],
    metadata: {},
    endpoints: [],
    ...values,
  };
}
const kinds = (actions: readonly { kind: string }[]): string[] => actions.map(({ kind }) => kind);

describe('presence', () => {
  test('an absent account is made with its quota, then gets its key', () => {
    expect(planPresence(desired, absent, 1)).toEqual([
      { kind: 'create-account', ...of, displayName: 'A', quota: { bytes: 10n } },
      { kind: 'issue-key', ...of },
    ]);
    expect(kinds(planPresence({ ...desired, suspended: true }, absent, 0))).toEqual(['create-account', 'suspend']);
  });
  test('what is right already needs nothing', () => {
    expect(planPresence(desired, found(), 0)).toEqual([]);
  });
  test('a dimension nobody ordered keeps its value', () => {
    const observed = found({ quota: { bytes: 5n, objects: 7n } });
    expect(planPresence(desired, observed, 0)).toEqual([
      { kind: 'set-quota', ...of, from: { bytes: 5n, objects: 7n }, to: { bytes: 10n, objects: 7n } },
    ]);
  });
  test('every missing key is issued', () => {
    expect(kinds(planPresence(desired, found(), 2))).toEqual(['issue-key', 'issue-key']);
  });
  test('suspend and resume follow the flag', () => {
    expect(kinds(planPresence({ ...desired, suspended: true }, found(), 0))).toEqual(['suspend']);
    expect(kinds(planPresence(desired, found({ suspended: true }), 0))).toEqual(['resume']);
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
    expect(planPresence(frozen, observed, 0)).toMatchObject([{ kind: 'set-quota', to: { bytes } }]);
  });
  test('stays as it is where the backend does not say what it holds', () => {
    expect(planPresence(frozen, found(), 0)).toEqual([]);
  });
});

describe('removal', () => {
  test.each([
    ['refuse', [{ kind: 'delete-account', ...of, purge: false }]],
    ['purge', [{ kind: 'delete-account', ...of, purge: true }]],
    ['suspend', [{ kind: 'suspend', ...of }]],
  ] as const)('%s', (onTerminate, actions) => {
    expect(planRemoval(of, found(), onTerminate)).toEqual(actions);
    expect(planRemoval(of, absent, onTerminate)).toEqual([]);
  });
  test('a suspended account is suspended enough', () => {
    expect(planRemoval(of, found({ suspended: true }), 'suspend')).toEqual([]);
  });
});

test.each([undefined, 'b'.repeat(32)])('an account stamped %s is never touched', (resource) => {
  const foreign = { ...found(), resource };
  expect(() => planPresence(desired, foreign, 1)).toThrow('taken by another account');
  expect(() => planRemoval(of, foreign, 'purge')).toThrow('taken by another account');
});

test('what is left over is revoked', () => {
  expect(planPrune(of, ['K1'])).toEqual([{ kind: 'revoke-key', ...of, accessKey: 'K1' }]);
});

describe('policy', () => {
  const create = planPresence(desired, absent, 1);
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
