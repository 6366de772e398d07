import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NamingRules } from '../../src/plugin/contract.ts';
import { accountName, isSafeAccount, isSafeSegment, namesOf, namingProblem } from '../../src/plugin/naming.ts';

const croit: NamingRules = { prefix: 'waldur_', separator: '_', filler: '_', maxLength: 64 };
const short: NamingRules = { ...croit, prefix: 'w_', maxLength: 32 };
const dns: NamingRules = { prefix: 'waldur-', separator: '-', filler: '-', maxLength: 63 };
const resource = '12345678-90ab-cdef-1234-567890abcdef';

describe('accountName', () => {
  it.each([
    ['myorg', 'myproject', croit, 'waldur_myorg_myproject_12345678'],
    ['My Org!!', 'Pro--ject', croit, 'waldur_my_org_pro_ject_12345678'],
    ['', '', croit, 'waldur_default_default_12345678'],
    [undefined, undefined, croit, 'waldur_org_proj_12345678'],
    ['Ünï Ørg', '数据', croit, 'waldur_n_rg_default_12345678'],
    ['verylongorganisation', 'verylongproject', short, 'w_verylongor_verylongpr_12345678'],
    ['ab', 'averyveryverylongprojectname', short, 'w_ab_averyveryverylongp_12345678'],
    ['averyveryverylongorganisation', 'ab', short, 'w_averyveryverylongo_ab_12345678'],
    ['verylongo_rganisation', 'x_yz_long_project', short, 'w_verylongo_x_yz_long_12345678'],
    ['a'.repeat(60), 'b'.repeat(60), croit, `waldur_${'a'.repeat(23)}_${'b'.repeat(24)}_12345678`],
    ['My Org!!', 'Pro__ject', dns, 'waldur-my-org-pro-ject-12345678'],
    ['../../etc', 'a/b?c#d', dns, 'waldur-etc-a-b-c-d-12345678'],
    ['a'.repeat(300), 'b'.repeat(300), dns, `waldur-${'a'.repeat(23)}-${'b'.repeat(23)}-12345678`],
  ])('%s / %s', (organisation, project, rules, expected) => {
    expect(accountName({ organisation, project, resource }, rules)).toBe(expected);
  });

  it('does not mind the form of the uuid', () => {
    const parts = { organisation: 'a', project: 'b' };
    const bare = accountName({ ...parts, resource: resource.replaceAll('-', '').toUpperCase() }, croit);
    expect(bare).toBe(accountName({ ...parts, resource }, croit));
  });

  it('refuses rules that leave no room', () => {
    const rules = { ...croit, separator: '__', maxLength: 20 };
    expect(namingProblem(rules)).toContain('no room');
    expect(() => accountName({ organisation: 'a', project: 'b', resource }, rules)).toThrow(RangeError);
  });

  it('builds only valid names, whatever the slugs and the rules', () => {
    fc.assert(
      fc.property(slug(), slug(), fc.uuid(), anyRules(), (organisation, project, uuid, rules) => {
        fc.pre(namingProblem(rules) === undefined);
        const name = accountName({ organisation, project, resource: uuid }, rules);
        expect(name.length).toBeLessThanOrEqual(rules.maxLength);
        expect(name.startsWith(rules.prefix)).toBe(true);
        expect(name.endsWith(rules.separator + uuid.slice(0, 8))).toBe(true);
        expect(isSafeAccount(name)).toBe(true);
        const slugs = name.slice(rules.prefix.length, -(rules.separator.length + 8));
        expect(slugs).toMatch(/^[a-z0-9]([A-Za-z0-9._-]*[a-z0-9])?$/);
        if (rules.filler === '-') expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])$/);
      }),
    );
  });

  it('uses all the room when both slugs are longer than it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 128 }), (maxLength) => {
        const parts = { organisation: 'a'.repeat(200), project: 'b'.repeat(200), resource };
        expect(accountName(parts, { ...croit, maxLength })).toHaveLength(maxLength);
      }),
    );
  });
});

describe('namingProblem', () => {
  it.each([
    [croit, undefined],
    [dns, undefined],
    [{ ...croit, prefix: '' }, undefined],
    [{ ...croit, prefix: 'Site.A-' }, undefined],
    [{ ...croit, prefix: 't1$waldur_' }, undefined],
    [{ ...croit, prefix: 't1$$waldur_' }, 'may only have'],
    [{ ...croit, prefix: '$waldur_' }, 'may only have'],
    [{ ...dns, prefix: 't1$' }, 'may only have'],
    [{ ...croit, prefix: 'wal dur' }, 'may only have'],
    [{ ...croit, prefix: '../' }, 'may only have'],
    [{ ...croit, prefix: '.hidden' }, 'must not begin with "."'],
    [{ ...croit, prefix: '-rf' }, 'must not begin with "-"'],
    [{ ...croit, separator: '' }, 'one or more'],
    [{ ...croit, separator: '/' }, 'one or more'],
    [{ ...dns, prefix: 'Waldur-' }, 'may only have a-z'],
    [{ ...dns, separator: '_' }, 'one or more of a-z'],
    [{ ...croit, maxLength: 18 }, 'no room'],
    [{ ...croit, maxLength: 19 }, undefined],
    [{ ...croit, maxLength: Number.NaN }, 'no room'],
  ])('%j: %s', (rules, expected) => {
    const problem = namingProblem(rules);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(expected);
  });
});

describe('isSafeAccount', () => {
  it.each([
    ['waldur_org_proj_12345678', true],
    ['tenant$user', true],
    ['lon1/3fa85f64-5717-4562-b3fc-2c963f66afa6', true],

    ['node1/project/1001@/dev/vdb', true],
    ['', false],
    ['.', false],
    ['..', false],
    ['a/../b', false],
    ['a/..', false],
    ['/etc', false],
    ['a//b', false],
    ['a/', false],
    ['a?b', false],
    ['a%2e', false],
    ['a b', false],
    ['a\0b', false],
    ['a\n', false],
    ['-rf', false],
    ['ä', false],
    ['x'.repeat(255), true],
    ['x'.repeat(256), false],
  ])('%j: %s', (name, expected) => {
    expect(isSafeAccount(name)).toBe(expected);
  });

  it('a segment has no slash', () => {
    expect(isSafeSegment('a/b')).toBe(false);
    expect(isSafeSegment('...')).toBe(true);
  });
});

function slug(): fc.Arbitrary<string | undefined> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.stringMatching(/^[A-Z_a-z0-9-]{0,80}$/),
    fc.constant(undefined),
  );
}

function anyRules(): fc.Arbitrary<NamingRules> {
  const maxLength = fc.integer({ min: 8, max: 128 });
  return fc.oneof(
    fc.record<NamingRules>({
      prefix: fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/),
      separator: fc.stringMatching(/^[A-Za-z0-9._-]{0,3}$/),
      filler: fc.constant('_'),
      maxLength,
    }),
    fc.record<NamingRules>({
      prefix: fc.stringMatching(/^[a-z0-9-]{0,20}$/),
      separator: fc.stringMatching(/^[a-z0-9-]{0,3}$/),
      filler: fc.constant('-'),
      maxLength,
    }),
  );
}

it('all accounts stay all, and others are named', () => {
  expect(namesOf('all')).toBe('all');
  expect(namesOf([{ account: 'a', resource }, { account: 'b' }])).toEqual(['a', 'b']);
});
