import { describe, expect, test } from 'vitest';
import { isScalar, type Scalar } from 'yaml';
import { maskValues, maskWords } from '../../src/config/mask.ts';
import { readYaml } from '../../src/config/read-yaml.ts';

/** The whole text, with the values of `paths` shown. */
function masked(text: string, ...paths: readonly string[]): string {
  const { places } = readYaml(text);
  const nodes = places.filter(({ path }) => paths.includes(path)).map(({ node }) => node);
  const shown = new Set(nodes.filter((node): node is Scalar => isScalar(node)));
  const mask = maskValues(text, places, shown);
  return text
    .split('\n')
    .map((line, index, lines) => {
      const start = lines.slice(0, index).join('\n').length + (index === 0 ? 0 : 1);
      return mask(start, start + line.length);
    })
    .join('\n');
}

describe('of a document', () => {
  test.each([
    ['a: x', [], 'a: ***'],
    ['a: x', ['/a'], 'a: x'],
    ['a: { b: x, c: y }', ['/a/b'], 'a: { b: x, c: *** }'],
    ['- x\n- [y, z]', ['/1/0'], '- ***\n- [y, ***]'],
    ['a:\nb: x', [], 'a:\nb: ***'],
    ['a: x # old: y', ['/a'], 'a: x '],
    ['# y\na: x#y', ['/a'], '\na: x#y'],
    ['a: |\n  x\n  y\nb: z', ['/b'], 'a: ***\n***\n***\nb: z'],
    ['a: &n x\nb: *n', [], 'a: &n ***\nb: *n'],
  ])('%j with %j shown is %j', (text, paths, expected) => {
    expect(masked(text, ...paths)).toBe(expected);
  });

  test('a part of a line begins and ends anywhere', () => {
    const text = 'abc: secret, x';
    const mask = maskValues(text, readYaml(text).places, new Set());
    expect([mask(0, 3), mask(1, 5), mask(0, 7), mask(7, 9), mask(5, 5)]).toEqual([
      'abc',
      'bc: ',
      'abc: ***',
      '***',
      '',
    ]);
  });
});

test('of text that is no document only the words of the schema are shown', () => {
  const schema = { properties: { name: { type: 'string' } }, definitions: { o: { properties: { listen: {} } } } };
  const text = 'name: s3cr3t true\nlisten: [type, string] # null other';
  expect(maskWords(text, schema)(0, text.length)).toBe('name: *** true\nlisten: [***, ***] # null ***');
});
