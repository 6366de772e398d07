import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkKey,
  checkPrefix,
  encode,
  endOfPrefix,
  expiryOf,
  isRemovalDue,
  pageLimit,
} from '../../src/plugin/document-rules.ts';

const badKey = { code: 'STORE_BAD_KEY', disposition: 'bug' };
const badValue = { code: 'STORE_BAD_VALUE', disposition: 'bug' };

test.each(['a', '!', '~', 'a/b:c', 'k'.repeat(512)])('%j is a key', (key) => {
  expect(checkKey(key)).toBe(key);
});

test.each(['', ' ', 'a b', 'é', 'a\n', '\u007f', 'k'.repeat(513)])('%j is no key', (key) => {
  expect(() => checkKey(key)).toThrow(expect.objectContaining(badKey));
});

test.each(['', 'a/', 'k'.repeat(512)])('%j is a prefix', (prefix) => {
  expect(checkPrefix(prefix)).toBe(prefix);
});

test.each([' ', 'é', 'k'.repeat(513)])('%j is no prefix', (prefix) => {
  expect(() => checkPrefix(prefix)).toThrow(expect.objectContaining(badKey));
});

test('a document is JSON text of at most 1 MiB, as bytes and not as characters', () => {
  expect(encode('k', { a: [1, null] })).toBe('{"a":[1,null]}');
  const quotes = 2;
  const largest = 'x'.repeat(1024 * 1024 - quotes);
  expect(encode('k', largest)).toHaveLength(1024 * 1024);
  expect(() => encode('k', `${largest}x`)).toThrow(expect.objectContaining(badValue));
  expect(() => encode('k', 'é'.repeat(512 * 1024))).toThrow('the document k is larger than 1 MiB');
});

test('what JSON cannot say is refused by name', () => {
  const noJson = (() => 1) as unknown as string;
  expect(() => encode('k', noJson)).toThrow(expect.objectContaining(badValue));
  expect(() => encode('k', noJson)).toThrow('the document k is not a JSON value');
});

test.each([
  [undefined, 1000],
  [{}, 1000],
  [{ limit: 0 }, 1],
  [{ limit: 1 }, 1],
  [{ limit: 7 }, 7],
  [{ limit: 1001 }, 1000],
])('a page asked for as %j holds %i documents', (options, expected) => {
  expect(pageLimit(options)).toBe(expected);
});

test('a document ends when it was told to, else by the bound of its store, else never', () => {
  const now = new Date(1000);
  const bound = { limit: 1, lifetimeMs: 50 };
  expect(expiryOf({ expiresAt: new Date(7) }, bound, now)).toBe(7);
  expect(expiryOf({}, bound, now)).toBe(1050);
  expect(expiryOf({}, undefined, now)).toBeUndefined();
});

test('the first write of a process removes, and every hundredth after it', () => {
  const due = Array.from({ length: 301 }, (_, writes) => writes).filter(isRemovalDue);
  expect(due).toEqual([0, 100, 200, 300]);
});

test('the end of a prefix sorts after each key that begins with it, and before each that sorts after those', () => {
  const key = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(key, key, (prefix, other) => {
      expect(`${prefix}${other}` < endOfPrefix(prefix)).toBe(true);
      expect(other >= prefix && other < endOfPrefix(prefix)).toBe(other.startsWith(prefix));
    }),
  );
});
