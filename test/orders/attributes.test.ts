import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/lib/json.ts';
import { type AttributeSources, orderedAttributes } from '../../src/orders/attributes.ts';
import { attributeReader } from '../../src/plugin/attributes.ts';

/** `place` is fixed at the creation and must be ordered; `versioned` may be changed later. */
const reader = attributeReader({
  schema: {
    type: 'object',
    required: ['place'],
    properties: {
      place: { type: 'string', title: 'Place', enum: ['north', 'south'] },
      versioned: { type: 'boolean', title: 'Versions', 'x-changeable': true },
      size: { type: 'integer', title: 'Size' },
    },
  },
});
const read = (sources: Partial<AttributeSources>) =>
  orderedAttributes(reader, { newOptions: {}, options: {}, attributes: { place: 'north' }, ...sources });
const codes = (sources: Partial<AttributeSources>): string[] =>
  read(sources).problems.map(({ key, error }) => `${key} ${error.code}`);

describe('the source of an attribute', () => {
  test.each<[string, Partial<AttributeSources>, JsonObject]>([
    [
      'is the order',
      { attributes: { place: 'south', versioned: true, size: 3 } },
      { place: 'south', versioned: true, size: 3 },
    ],
    ['is left out when it was not ordered', {}, { place: 'north' }],
    [
      'is an option before the order, when it may be changed',
      { options: { versioned: false }, attributes: { place: 'north', versioned: true } },
      { place: 'north', versioned: false },
    ],
    [
      'is a new option before the old one',
      { newOptions: { versioned: true }, options: { versioned: false } },
      { place: 'north', versioned: true },
    ],
    [
      'is unset by an empty option',
      { options: { versioned: '' }, attributes: { place: 'north', versioned: true } },
      {
        place: 'north',
        versioned: null,
      },
    ],
    ['is no option when it is fixed', { options: { place: 'south', size: 9 } }, { place: 'north' }],
  ])('%s', (_, sources, attributes) => {
    expect(read(sources)).toEqual({ attributes, problems: [] });
  });
});

describe('an attribute that is fixed at the creation', () => {
  test.each<[string, JsonObject, readonly string[]]>([
    ['another value', { place: 'south' }, ['place ORDER_ATTRIBUTE_FIXED']],
    ['the same value', { place: 'north' }, []],
    ['nothing', { place: '' }, []],
    ['a value where there was none', { size: 3 }, ['size ORDER_ATTRIBUTE_FIXED']],
    ['a value that is none', { place: 'west' }, ['place ORDER_ATTRIBUTE_INVALID']],
  ])('takes no new option: %s', (_, newOptions, problems) => {
    expect(codes({ newOptions })).toEqual(problems);
  });
});

test.each<[JsonObject, readonly string[]]>([
  [{}, ['place ORDER_ATTRIBUTE_MISSING']],
  [{ place: null }, ['place ORDER_ATTRIBUTE_MISSING']],
  [{ place: 'west' }, ['place ORDER_ATTRIBUTE_INVALID']],
])('what must be ordered, of %j', (attributes, problems) => {
  expect(codes({ attributes })).toEqual(problems);
});

test('what cannot be meant holds up no other attribute', () => {
  const { attributes, problems } = read({ attributes: { place: 'west', versioned: true, size: 'x' } });
  expect(attributes).toEqual({ versioned: true });
  expect(problems.map(({ aspect, key }) => `${aspect} ${key}`)).toEqual(['attributes place', 'attributes size']);
});

test('a backend without attributes has none', () => {
  expect(orderedAttributes(undefined, { newOptions: {}, options: {}, attributes: { a: 1 } })).toEqual({
    attributes: {},
    problems: [],
  });
});

test('a mistake in a plugin is no problem of the order', () => {
  if (reader === undefined) throw new Error('there is no reader');
  const broken = {
    ...reader,
    read: () => {
      throw new TypeError('x');
    },
  };
  const sources = { newOptions: {}, options: {}, attributes: {} };
  expect(() => orderedAttributes(broken, sources)).toThrow(TypeError);
});
