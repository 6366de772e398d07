import { describe, expect, test } from 'vitest';
import { isBucketName, isNewBucketName } from '../layout.ts';
import { requireKey } from '../objects/key.ts';
import { parsePart } from '../objects/upload-file.ts';
import { parseQuota } from '../quota/quota-file.ts';

/** What is read from disk or from clients, at the bounds of what is allowed. */

test.each([
  ['ab', false],
  ['abc', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['a.b-c', true],
  ['a..b', false],
  ['-ab', false],
  ['ab-', false],
  ['Abc', false],
])('%s is the name of a bucket: %s', (name, expected) => {
  expect(isBucketName(name)).toBe(expected);
});

test.each([
  ['abc', true],
  ['a..b', false],
  ['10.0.0.1', false],
  ['xn--abc', false],
  ['abc-s3alias', false],
])('a new bucket may be called %s: %s', (name, expected) => {
  expect(isNewBucketName(name)).toBe(expected);
});

describe('a key', () => {
  test('of 1024 bytes is the longest', () => {
    expect(() => requireKey('k'.repeat(1024))).not.toThrow();
    expect(() => requireKey(`k${'ü'.repeat(512)}`)).toThrow(expect.objectContaining({ reason: 'key-too-long' }));
  });

  test.each([
    ['is empty', ''],
    ['is half a character', '\ud800'],
  ])('that %s is refused', (_, key) => {
    expect(() => requireKey(key)).toThrow(expect.objectContaining({ reason: 'bad-key' }));
  });
});

describe('a file that lacks something is not guessed at', () => {
  const part = { etag: 'abc', size: 5, last_modified: '2026-08-25T10:00:00.000Z' };
  test('a whole part', () => {
    expect(parsePart(3, JSON.stringify(part))).toMatchObject({ number: 3, size: 5, etag: 'abc' });
  });
  test.each(Object.keys(part))('a part without %s', (missing) => {
    expect(parsePart(3, JSON.stringify({ ...part, [missing]: undefined }))).toBeUndefined();
  });

  const quota = {
    max_size_bytes: 10,
    current_usage_bytes: 5,
    object_count: 1,
    last_updated: '2026-08-25T10:00:00.000Z',
  };
  test('a whole quota', () => {
    expect(parseQuota(JSON.stringify(quota))).toMatchObject({ maxBytes: 10n, usedBytes: 5n, objects: 1n });
  });
  test.each(Object.keys(quota))('a quota without %s', (missing) => {
    expect(parseQuota(JSON.stringify({ ...quota, [missing]: undefined }))).toBeUndefined();
  });
  test.each([1_756_116_000, '2026-08-25', '25 August 2026 10:00', '2026-99-99T10:00:00Z'])(
    'a quota of %s',
    (last_updated) => {
      expect(parseQuota(JSON.stringify({ ...quota, last_updated }))).toBeUndefined();
    },
  );
});
