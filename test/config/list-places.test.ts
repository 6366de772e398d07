import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { listPlaces, MAX_ALIASES } from '../../src/config/list-places.ts';

const listed = (text: string) => listPlaces(parseDocument(text, { uniqueKeys: false, logLevel: 'silent' }));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('every value has a place, parents first', () => {
  const { places, duplicates, refused } = listed('a: { b/c: 1 }\nd: [x]\ne:\n');
  expect(places.map(({ path, parent, segment, key }) => [path, parent, segment, key])).toEqual([
    ['', undefined, '', undefined],
    ['/a', '', 'a', [0, 1]],
    ['/a/b~1c', '/a', 'b/c', [5, 8]],
    ['/d', '', 'd', [14, 15]],
    ['/d/0', '/d', '0', undefined],
    ['/e', '', 'e', [21, 22]],
  ]);
  expect([duplicates, refused]).toEqual([[], undefined]);
  expect(listed('').places).toHaveLength(1);
});

test('a key that is no text has an empty name', () => {
  expect(listed('? [a]\n: 1\n7: 2\n').places.map(({ segment }) => segment)).toEqual(['', '', '']);
});

test('a key that appears twice is told at its second place, in its own mapping only', () => {
  const { duplicates } = listed('a: { b: 1, b: 2 }\nc: { b: 3 }\na: 4\n');
  expect(duplicates.map(({ message, offset }) => [message, offset])).toEqual([
    ['this key appears twice in the same mapping', 11],
    ['this key appears twice in the same mapping', 30],
  ]);
});

describe('a document is refused', () => {
  const aliases = (count: number): string => `a: &a 1\nb: [${Array(count).fill('*a').join(',')}]`;
  test.each<[string, string, string, number]>([
    ['that is nested too deeply', nested(34), 'nested too deeply', 33],
    [
      'that is nested too deeply in a key without a value',
      `${'{a: '.repeat(32)}{a}${'}'.repeat(32)}`,
      'nested too deeply',
      129,
    ],
    ['with too many aliases', aliases(MAX_ALIASES + 1), 'more than 100 aliases', 12 + 3 * MAX_ALIASES],
    [
      'with an alias before its anchor',
      'a: *b\nb: &b 1\n',
      'this alias names an anchor that does not exist before it',
      3,
    ],
    ['with too many values', `[${'1,'.repeat(50_000)}]`, 'more than 50000 values', 99_999],
  ])('%s', (_, text, message, offset) => {
    expect(listed(text).refused).toEqual({ severity: 'error', path: '', offset, message });
  });

  test('only beyond the bounds', () => {
    expect(listed(nested(33)).refused).toBeUndefined();
    expect(listed(aliases(MAX_ALIASES)).refused).toBeUndefined();
  });
});
