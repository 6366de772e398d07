import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ComponentConfig } from '../../src/config/types.ts';
import { type LimitSources, needsPlan } from '../../src/orders/limit-sources.ts';
import { orderedLimits } from '../../src/orders/limits.ts';
import type { BackendComponent, Quota } from '../../src/plugin/contract.ts';
import { ABILITIES, component, GIB, OBJECTS } from '../fakes/offering.ts';

const NONE: LimitSources = { newOptions: {}, options: {}, limits: {}, attributes: {}, planQuotas: {} };
const storage = component({ defaultLimit: 1 });
const gib = (count: number): bigint => BigInt(count) * BigInt(GIB);

/** The quota, or the first problem thrown. */
function orderedQuota(
  components: readonly ComponentConfig[],
  backend: Readonly<Record<string, BackendComponent>>,
  sources: LimitSources,
): Partial<Quota> {
  const { quota, problems } = orderedLimits(components, backend, sources);
  if (problems[0] !== undefined) throw problems[0].error;
  return quota;
}

describe('the first source that says a limit wins', () => {
  const metered = component({ accountingType: 'usage', defaultLimit: 1 });
  const all: LimitSources = {
    newOptions: { storage_limit: 6 },
    options: { storage_limit: 5 },
    limits: { s3_storage: 4 },
    attributes: { storage_limit: 3 },
    planQuotas: { s3_storage: 2 },
  };
  test.each([
    ['new options', all, 6],
    ['options', { ...all, newOptions: {} }, 5],
    ['limits', { ...all, newOptions: {}, options: {} }, 4],
    ['attributes', { ...NONE, attributes: all.attributes, planQuotas: all.planQuotas }, 3],
    ['plan', { ...NONE, planQuotas: all.planQuotas }, 2],
    ['default', NONE, 1],
    ['default, because a plan quota of 0 says nothing', { ...NONE, planQuotas: { s3_storage: 0 } }, 1],
    ['default, because null is not a value', { ...NONE, options: { storage_limit: null } }, 1],
  ])('%s', (_, sources, expected) => {
    expect(orderedQuota([metered], ABILITIES, sources)).toEqual({ bytes: gib(expected) });
  });
});

describe('values', () => {
  test.each([
    ['100', gib(100)],
    [0.5, 536_870_912n],
    ['1e3', gib(1000)],
    ['0.1', 107_374_182n],
  ])('%j is exact', (value, bytes) => {
    expect(orderedQuota([storage], ABILITIES, { ...NONE, options: { storage_limit: value } })).toEqual({ bytes });
  });

  test.each([0, -1, '-5', 'lots', '10 GB', true, [], {}, 1e30, '99999999999999999999', Number.NaN, '0.0000000001'])(
    '%j is refused by name, in words for the consumer',
    (value) => {
      const refusal = catchError(() =>
        orderedQuota([storage], ABILITIES, { ...NONE, options: { storage_limit: value as number } }),
      );
      expect(refusal).toMatchObject({ disposition: 'terminal', code: 'ORDER_LIMIT_INVALID' });
      expect(refusal.message).toContain('"storage_limit"');
    },
  );

  test('the bounds of the component hold', () => {
    const bounded = component({ minLimit: 10, maxLimit: 20 });
    const quota = (limit: number) => orderedQuota([bounded], ABILITIES, { ...NONE, limits: { s3_storage: limit } });
    expect(quota(10)).toEqual({ bytes: gib(10) });
    expect(quota(20)).toEqual({ bytes: gib(20) });
    expect(catchError(() => quota(9)).message).toBe(
      'The limit "s3_storage" is 9; the least that can be ordered is 10.',
    );
    expect(catchError(() => quota(21)).message).toContain('the most that can be ordered is 20');
  });
});

describe('what cannot be kept is not sold', () => {
  test('a component that the offering does not have', () => {
    const refusal = catchError(() => orderedQuota([storage], ABILITIES, { ...NONE, limits: { gpu: 1 } }));
    expect(refusal).toMatchObject({ code: 'ORDER_COMPONENT_UNKNOWN', disposition: 'terminal' });
  });
  test('a limit the backend cannot set', () => {
    const abilities = { ...ABILITIES, objects: { unit: 'objects', limit: false, usage: true } as const };
    const refusal = catchError(() => orderedQuota([OBJECTS], abilities, { ...NONE, options: { object_limit: 5 } }));
    expect(refusal.code).toBe('ORDER_LIMIT_UNSUPPORTED');
    expect(orderedQuota([OBJECTS], abilities, NONE)).toEqual({});
  });
  test('a limit that is sold and not said', () => {
    expect(catchError(() => orderedQuota([component()], ABILITIES, NONE)).code).toBe('ORDER_LIMIT_MISSING');
  });
  test('a component that does not enforce says nothing', () => {
    expect(
      orderedQuota([component({ enforceLimits: false })], ABILITIES, { ...NONE, limits: { s3_storage: 5 } }),
    ).toEqual({});
  });
});

describe('a limit that is billed', () => {
  const of = (values: Partial<LimitSources>) => orderedLimits([storage], ABILITIES, { ...NONE, ...values });
  test('is the ceiling of what an option may say', () => {
    const limits = { s3_storage: 20 };
    expect(of({ limits, options: { storage_limit: 500 } }).quota).toEqual({ bytes: gib(20) });
    expect(of({ limits, options: { storage_limit: 5 } }).quota).toEqual({ bytes: gib(5) });
  });
  test.each<[string, Partial<LimitSources>, string]>([
    ['a new option above it', { limits: { s3_storage: 20 }, newOptions: { storage_limit: 30 } }, 'storage_limit'],
    [
      'a new limit above an option',
      { limits: { s3_storage: 20 }, options: { storage_limit: 10 }, changedLimits: ['s3_storage'] },
      'storage_limit',
    ],
  ])('%s has no effect, and that is said', (_, values, key) => {
    const [problem] = of(values).problems;
    expect(problem).toMatchObject({ key, error: { code: 'ORDER_LIMIT_OVERRULED', disposition: 'terminal' } });
  });
  test('a lowered limit below the option, and an option lowered below the limit, have their effect', () => {
    const changed = { options: { storage_limit: 10 }, limits: { s3_storage: 5 }, changedLimits: ['s3_storage'] };
    expect(of(changed)).toMatchObject({ quota: { bytes: gib(5) }, problems: [] });
    const lowered = of({ limits: { s3_storage: 20 }, newOptions: { storage_limit: 5 } });
    expect(lowered).toMatchObject({ quota: { bytes: gib(5) }, problems: [] });
  });
});

describe('rules of the backend', () => {
  const stepped = {
    ...ABILITIES,
    storage: { unit: 'bytes', limit: { step: gib(500), min: gib(500) }, usage: true },
  } as const;
  const of = (limit: number) => orderedLimits([storage], stepped, { ...NONE, limits: { s3_storage: limit } });
  test('round up, and what shows is said', () => {
    expect(of(501)).toMatchObject({
      quota: { bytes: gib(1000) },
      rounded: ['S3_storage is rounded up from 501 to 1000 GB.'],
    });
    expect(of(500)).toMatchObject({ quota: { bytes: gib(500) }, rounded: [] });
  });
  test('refuse what cannot be kept', () => {
    const bounded = { ...ABILITIES, storage: { unit: 'bytes', limit: { max: gib(10) }, usage: true } } as const;
    const { problems } = orderedLimits([storage], bounded, { ...NONE, limits: { s3_storage: 11 } });
    expect(problems).toMatchObject([{ error: { code: 'ORDER_LIMIT_INVALID' } }]);
  });
});

test('one component that cannot be meant does not keep the others from their limits', () => {
  const sources = { ...NONE, limits: { s3_storage: 5, gpu: 1 }, options: { object_limit: 'many' } };
  const { quota, problems } = orderedLimits([storage, OBJECTS], ABILITIES, sources);
  expect(quota).toEqual({ bytes: gib(5) });
  expect(problems.map(({ key }) => key)).toEqual(['gpu', 'object_limit']);
});

test('the plan is read only when nothing closer decides', () => {
  expect(needsPlan([component()], NONE)).toBe(true);
  expect(needsPlan([storage], NONE)).toBe(true);
  expect(needsPlan([component()], { ...NONE, limits: { s3_storage: 1 } })).toBe(false);
  expect(needsPlan([component({ enforceLimits: false })], NONE)).toBe(false);
});

test('whatever an order says, the answer is a positive quota and terminal problems', () => {
  const anything = fc.dictionary(
    fc.constantFrom('s3_storage', 'storage_limit', 'object_limit', '__proto__', 'x'),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(anything, anything, anything, anything, (newOptions, options, limits, attributes) => {
      const sources = { ...NONE, newOptions, options, limits, attributes } as LimitSources;
      const { quota, problems } = orderedLimits([storage, OBJECTS], ABILITIES, sources);
      const { bytes, objects } = quota;
      const isPositive = (bytes ?? 1n) > 0n && (objects ?? 1n) > 0n;
      return isPositive && problems.every(({ error }) => error.disposition === 'terminal');
    }),
  );
});

function catchError(work: () => unknown): { code?: string; message: string } {
  try {
    work();
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('nothing was thrown');
}
