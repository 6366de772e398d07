import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAgentError } from '../../src/lib/errors.ts';
import { account, decidingPlan, desired } from '../../src/orders/desired.ts';
import { orderKind } from '../../src/orders/kind.ts';
import { component, GIB, offeringConfig, order, RESOURCE, resource } from '../fakes/offering.ts';

const offering = offeringConfig();
const gib = (count: number): bigint => BigInt(count) * BigInt(GIB);

test.each([
  ['create', order()],
  ['restore', order({ type: 'Restore' })],
  ['terminate', order({ type: 'Terminate' })],
  ['renewal', order({ type: 'Update', attributes: { action: 'renew', old_limits: {} } })],
  ['limits', order({ type: 'Update', attributes: { old_limits: {}, new_options: {} } })],
  ['options', order({ type: 'Update', attributes: { new_options: {} } })],
  ['plan', order({ type: 'Update' })],
] as const)('%s', (kind, given) => {
  expect(orderKind(given)).toBe(kind);
});

describe('which limits an order means', () => {
  const has = resource({ state: 'Updating', limits: { s3_storage: 5 } });
  test.each([
    ['create: its own', order({ limits: { s3_storage: 7 } }), resource(), 7],
    ['create: its attributes', order({ attributes: { storage_limit: 8 } }), resource(), 8],
    [
      'limits: the new ones',
      order({ type: 'Update', attributes: { old_limits: {} }, limits: { s3_storage: 9 } }),
      has,
      9,
    ],
    ['plan switch: those of the resource', order({ type: 'Update', limits: { s3_storage: 99 } }), has, 5],
    ['options: the new option', order({ type: 'Update', attributes: { new_options: { storage_limit: 4 } } }), has, 4],
    [
      'new options of an order of another kind mean nothing',
      order({
        type: 'Update',
        attributes: { old_limits: {}, new_options: { storage_limit: 4 } },
        limits: { s3_storage: 9 },
      }),
      has,
      9,
    ],
    ['none: those of the resource', undefined, { ...has, state: 'OK' }, 5],
  ] as const)('%s', (_, given, of, expected) => {
    expect(desired(offering, of, given, {}).quota).toEqual({ bytes: gib(expected) });
  });
});

test('a paused resource is suspended', () => {
  expect(desired(offering, resource({ limits: { s3_storage: 1 }, paused: true }), undefined, {}).suspended).toBe(true);
});

describe('the account', () => {
  test('is computed until it is stored, and never again', () => {
    expect(account(offering, resource())).toBe('waldur_acme_genomics_5a1e5a1e');
    expect(account(offering, resource({ backendId: 'waldur_old_name_5a1e5a1e', customerSlug: 'new' }))).toBe(
      'waldur_old_name_5a1e5a1e',
    );
  });
  test.each(['../../etc', 'a//b', 'a/../b', '..', 'a b', 'a\u0000b', 'x'.repeat(300)])(
    '%j that was stored by hand is refused',
    (backendId) => {
      expect(() => account(offering, resource({ backendId }))).toThrow(
        expect.objectContaining({ disposition: 'terminal' }),
      );
    },
  );
  test('hostile slugs end up harmless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (customerSlug, projectSlug) => {
        return /^waldur_[a-z0-9_]+_5a1e5a1e$/.test(account(offering, resource({ customerSlug, projectSlug })));
      }),
    );
  });
});

test('an order that is being carried out elsewhere says what nothing else can know', () => {
  expect(desired(offering, resource({ state: 'Updating', limits: { s3_storage: 5 } }), undefined, {})).toMatchObject({
    quota: {},
    attributes: {},
  });
});

test('the offering says what the order does not', () => {
  const defaultAttributes = () => ({ versioning: true, tags: ['a:1'] });
  const schema = { type: 'object', properties: { tags: { type: 'array', title: 'Tags', 'x-changeable': true } } };
  const plugin = { ...offering.plugin, attributes: { schema }, defaultAttributes };
  const given = resource({ limits: { s3_storage: 1 }, options: { tags: 'b:2' } });
  expect(desired({ ...offering, plugin }, given, undefined, {}).attributes).toEqual({
    versioning: true,
    tags: ['b:2'],
  });
});

test('an Erred resource is served only when it was us who made it Erred', () => {
  const isServed = (errorMessage: string, given = undefined as Parameters<typeof desired>[2]) =>
    desired(offering, resource({ state: 'Erred', errorMessage, limits: { s3_storage: 1 } }), given, {}).isServed;
  expect(isServed('The creation failed.')).toBe(false);
  expect(isServed('It is gone. (ACCOUNT_MISSING)')).toBe(true);
  expect(isServed('The creation failed.', order())).toBe(true);
});

test('the person who ordered is known while the account is made, and of no later order', () => {
  const orderer = (values = {}) =>
    desired(offering, resource({ limits: { s3_storage: 1 } }), order(values), {}).orderedBy;
  expect(orderer()).toBe('alice');
  expect(orderer({ type: 'Update' })).toBeUndefined();
  expect(orderer({ createdBy: '' })).toBeUndefined();
});

describe('the display name', () => {
  const named = (name: string) =>
    desired(offering, resource({ name, limits: { s3_storage: 1 } }), undefined, {}).displayName;
  test.each(['Reads of 2026', 'Ünï Ørg', '数据', 'a.b-c_d (1)', 'می\u200cخواهم', '👨\u200d👩\u200d👧'])(
    '%j stays',
    (name) => {
      expect(named(name)).toBe(name.normalize('NFC'));
    },
  );
  test.each([
    ['', 'unnamed'],
    ['..', 'unnamed'],
    ['../x', '.. x'],
    ['a/b', 'a b'],
    ['a\\b', 'a b'],
    ['a\nb', 'a b'],
    ['a\u202Eb', 'ab'],
    ['x'.repeat(300), 'x'.repeat(150)],
  ])('%j becomes %j, and never ends an order', (name, expected) => {
    expect(named(name)).toBe(expected);
  });
});

test('the plan decides a switch, and what nothing else says', () => {
  const plan = 'a'.repeat(32);
  expect(
    decidingPlan(offering, resource({ limits: { s3_storage: 1 } }), order({ type: 'Update', newPlan: plan })),
  ).toBe(plan);
  expect(decidingPlan(offering, resource(), order({ plan }))).toBe(plan);
  expect(decidingPlan(offering, resource(), order({ plan, limits: { s3_storage: 1 } }))).toBeUndefined();
});

test('no order can make it throw anything but a terminal error', () => {
  const anything = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.string(), fc.string(), anything, anything, (name, backendId, attributes, limits) => {
      const odd = offeringConfig({ components: [component({ defaultLimit: 1 })] });
      try {
        desired(odd, resource({ name, backendId, uuid: RESOURCE }), order({ attributes, limits } as never), {});
        return true;
      } catch (error) {
        return isAgentError(error) && error.disposition === 'terminal';
      }
    }),
  );
});
