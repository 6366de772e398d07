import { expect, test } from 'vitest';
import { keyOf, pointer, quote } from '../../src/config/diagnostic.ts';

test.each([
  ['', 'the file'],
  ['/', 'the file'],
  ['/name', 'name'],
  ['/offerings/1', 'offerings[1]'],
  ['/offerings/1/name', 'name'],
  ['/1', '1'],
  ['/a/b1', 'b1'],
  ['/a~1b', 'a/b'],
  ['/a~01', 'a~1'],
  ['/a~1b/0', 'a/b[0]'],
])('the last key of %j is %s', (path, key) => {
  expect(keyOf(path)).toBe(key);
});

test('a segment is escaped', () => {
  expect(pointer('/a', '~1/b')).toBe('/a/~01~1b');
  expect(pointer('', 0)).toBe('/0');
  expect(keyOf(pointer('/a', '~1/b'))).toBe('~1/b');
});

test('a text of the file is bounded and has no control characters', () => {
  expect(quote('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`);
  expect(quote('x'.repeat(61))).toBe(`"${'x'.repeat(57)}..."`);
  expect(quote('a\n"')).toBe('"a\\n\\""');
});
