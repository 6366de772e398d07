import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quota } from '../../../src/plugin/contract.ts';
import { agreed, changeOf, effective, holds, type QuotaChange, requested, type ScopeQuota } from '../quota.ts';

const quota = (enabled: boolean, maxSize: bigint, maxObjects: bigint): ScopeQuota => ({ enabled, maxSize, maxObjects });
const limit = fc.option(fc.bigInt({ min: 0n, max: 2n ** 62n }), { nil: null });
const stored = fc.record({
  enabled: fc.boolean(),
  maxSize: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  maxObjects: fc.bigInt({ min: -1n, max: 2n ** 62n }),
});

/** What a gateway makes of a change: one that merges, and one that replaces. */
const merge = (scope: ScopeQuota, change: QuotaChange): ScopeQuota => ({ ...scope, ...change });
const replace = (_: ScopeQuota, change: QuotaChange): ScopeQuota => ({ maxSize: -1n, maxObjects: -1n, ...change });

describe('a quota of the gateway', () => {
  it.each([
    [quota(true, 5n, 7n), { bytes: 5n, objects: 7n }],
    [quota(true, 0n, -1n), { bytes: 0n, objects: null }],
    [quota(true, -5n, 0n), { bytes: null, objects: 0n }],
    [quota(false, 5n, 0n), { bytes: null, objects: null }],
  ])('%o lets its owner have %o', (scope, expected) => expect(effective(scope)).toEqual(expected));

  it('of two scopes that disagree is no limit at all', () => {
    const scopes = { user: quota(true, 5n, 7n), bucket: quota(true, 6n, 7n) };
    expect(agreed(scopes)).toEqual({ bytes: null, objects: 7n });
  });

  it('holds what is wanted in the dimensions that are', () => {
    expect(holds(quota(true, 1024n, -1n), { bytes: 1024n })).toBe(true);
    expect(holds(quota(true, 1024n, 7n), { bytes: 1024n })).toBe(true);
    expect(holds(quota(true, 1024n, -1n), { bytes: 2048n })).toBe(false);
    expect(holds(quota(true, 1024n, -1n), { bytes: null })).toBe(false);
    expect(holds(quota(true, 1024n, 7n), { bytes: 1024n, objects: 8n })).toBe(false);
  });
});

describe('what is asked for', () => {
  it('is the difference, and nothing else', () => {
    const from: Quota = { bytes: 1n, objects: null };
    expect(requested(from, { bytes: 2n, objects: null })).toEqual({ bytes: 2n });
    expect(requested(from, { bytes: 1n, objects: 5n })).toEqual({ objects: 5n });
    expect(requested(from, from)).toEqual({});
  });

  it('holds afterwards, and what was not asked for keeps its effect, whether the gateway merges or replaces', () => {
    const wanted = fc.record({ bytes: limit, objects: limit }, { requiredKeys: [] });
    fc.assert(
      fc.property(stored, wanted, fc.constantFrom(merge, replace), (scope, asked, gateway) => {
        const after = gateway(scope, changeOf(scope, asked));
        expect(effective(after)).toEqual({ ...effective(scope), ...asked });
      }),
    );
  });

  it('never says 0 for no limit, and writes -1 only over a value', () => {
    expect(changeOf(quota(false, -1n, -1n), { bytes: 5n })).toEqual({ enabled: true, maxSize: 5n });
    expect(changeOf(quota(true, 5n, 7n), { bytes: null })).toEqual({ enabled: true, maxSize: -1n, maxObjects: 7n });
    expect(changeOf(quota(true, 5n, -1n), { bytes: null })).toEqual({ enabled: false, maxSize: -1n });
    // A number that did not count must not begin to.
    expect(changeOf(quota(false, -1n, 7n), { bytes: 5n })).toEqual({ enabled: true, maxSize: 5n, maxObjects: -1n });
  });
});
