import { describe, expect, test } from 'vitest';
import type { AgentError } from '../../src/lib/errors.ts';
import type { Json } from '../../src/lib/json.ts';
import { attributeReader } from '../../src/plugin/attributes.ts';
import type { AttributeRules } from '../../src/plugin/contract.ts';

const rules: AttributeRules = {
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['size'],
    properties: {
      size: { type: 'integer', title: 'Size', minimum: 1 },
      ratio: { type: 'number' },
      versioned: { type: 'boolean', title: 'Versions', 'x-changeable': true },
      tags: { type: 'array', items: { type: 'string', maxLength: 5 }, title: 'Tags', 'x-changeable': 'yes' },
      rule: { type: 'object', title: 'Rule' },
      place: { type: 'string', enum: ['north', 'south'], title: 'Place' },
      name: { type: 'string', pattern: '^[a-z]+$', title: 'Name', 'x-expected': 'lower case letters' },
    },
  },
};

function reader() {
  const found = attributeReader(rules);
  if (found === undefined) throw new Error('there is no reader');
  return found;
}

test('a plugin without attributes has no reader, and rules are compiled once', () => {
  expect(attributeReader(undefined)).toBeUndefined();
  expect(reader()).toBe(reader());
});

test('what the schema says about attributes', () => {
  const { names, required, title, isChangeable } = reader();
  expect(names).toEqual(['size', 'ratio', 'versioned', 'tags', 'rule', 'place', 'name']);
  expect(required).toEqual(['size']);
  expect([title('size'), title('ratio'), title('other')]).toEqual(['Size', 'ratio', 'other']);
  expect(names.filter(isChangeable)).toEqual(['versioned']);
  expect(isChangeable('other')).toBe(false);
  const free = attributeReader({ schema: { type: 'object', properties: {} } });
  expect(free?.required).toEqual([]);
});

test('attributes are normalized by the plugin, where it does that', () => {
  const normal = attributeReader({ ...rules, normalize: () => ({ size: 2 }) });
  expect(normal?.normalize({ size: 1 })).toEqual({ size: 2 });
  expect(reader().normalize({ size: 1 })).toEqual({ size: 1 });
});

describe('reading', () => {
  test.each<[string, Json | undefined, Json | undefined]>([
    ['size', 3, 3],
    ['size', ' 3 ', 3],
    ['ratio', '-1.5', -1.5],
    ['versioned', true, true],
    ['versioned', 'true', true],
    ['versioned', 'false', false],
    ['tags', ['a', 'b'], ['a', 'b']],
    ['tags', '["a","b"]', ['a', 'b']],
    ['tags', 'a, b\nc\n', ['a', 'b', 'c']],
    ['rule', '{"a":1}', { a: 1 }],
    ['place', ' north ', 'north'],
    ['name', 'abc', 'abc'],
    // Not ordered.
    ['name', '', undefined],
    ['size', '', undefined],
    ['size', null, undefined],
    ['size', undefined, undefined],
    ['other', 'x', undefined],
  ])('%s of %j is %j', (name, value, expected) => {
    expect(reader().read(name, value)).toEqual(expected);
  });

  test.each<[string, Json, string]>([
    ['size', 'x', 'Size is "x"; it must be integer.'],
    ['size', '1e3', 'Size is "1e3"; it must be integer.'],
    ['size', '0', 'Size is "0"; it must be >= 1.'],
    ['versioned', 'yes', 'Versions is "yes"; it must be boolean.'],
    ['tags', '[1', 'Tags is "[1"; it must be array.'],
    ['tags', 'a,toolong', 'Tags is "a,toolong"; it must be such that it must NOT have more than 5 characters at 1.'],
    ['rule', 'x', 'Rule is "x"; it must be object.'],
    ['place', 'west', 'Place is "west"; it must be one of north, south.'],
    ['name', 'A', 'Name is "A"; it must be lower case letters.'],
    ['name', 'A'.repeat(58), `Name is "${'A'.repeat(58)}"; it must be lower case letters.`],
    ['name', 'A'.repeat(59), `Name is "${'A'.repeat(59)}…; it must be lower case letters.`],
  ])('%s refuses %j in words for the consumer', (name, value, message) => {
    const refusal = (): unknown => {
      try {
        return reader().read(name, value);
      } catch (error) {
        return error;
      }
    };
    const { code, disposition, message: said } = refusal() as AgentError;
    expect([code, disposition, said]).toEqual(['ORDER_ATTRIBUTE_INVALID', 'terminal', message]);
  });
});
