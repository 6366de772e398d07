import { expect, test } from 'vitest';
import { plural } from '../../src/lib/plural.ts';

test.each([
  [0, '0 buckets'],
  [1, '1 bucket'],
  [1n, '1 bucket'],
  [2, '2 buckets'],
  [12n, '12 buckets'],
])('%s: %s', (count, text) => {
  expect(plural(count, 'bucket')).toBe(text);
});

test('words that do not take an s', () => {
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});
