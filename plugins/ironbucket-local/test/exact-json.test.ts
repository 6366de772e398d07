import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { exactNumber, formatExact, parseExact } from '../exact-json.ts';

const key = fc.oneof(fc.string(), fc.nat().map(String));
const number = fc.bigInt({ min: 0n, max: 1n << 80n });

test('what is written is what was read, every digit and every field in its place', () => {
  const value = fc.oneof(
    fc.string(),
    number.map(exactNumber),
    fc.constant(null),
    fc.dictionary(fc.string(), fc.string()),
  );
  const fields = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name });
  fc.assert(
    fc.property(fields, (entries: readonly (readonly [string, Json])[]) => {
      const text = formatExact(entries);
      const names = [...text.matchAll(/^ {2}("(?:[^"\\]|\\.)*"): /gm)].map(
        ([, name = '']) => JSON.parse(name) as string,
      );
      expect(names).toEqual(entries.map(([name]) => name));
      const read = parseExact(text);
      expect(isJsonObject(read) && new Map(Object.entries(read))).toEqual(new Map(entries));
    }),
  );
});

test('numbers are digits, in nested objects too', () => {
  const big = exactNumber(18446744073709551615n);
  expect(
    formatExact([
      ['max', big],
      ['b', { size: big }],
    ]),
  ).toBe('{\n  "max": 18446744073709551615,\n  "b": {\n    "size": 18446744073709551615\n  }\n}');
  expect(
    formatExact([
      ['b', big],
      ['1', big],
    ]),
  ).toBe('{\n  "b": 18446744073709551615,\n  "1": 18446744073709551615\n}');
  expect(formatExact([])).toBe('{}');
});
