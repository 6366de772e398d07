import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKey, parsePrefix, requireKey } from '../../objects/key.ts';

describe('a key', () => {
  it.each([
    ['a', [], 'a'],
    ['a/b/c.txt', ['a', 'b'], 'c.txt'],
    ['folder/', ['folder'], undefined],
    ['häns/öß 😀', ['häns'], 'öß 😀'],
    ['a..b/c...', ['a..b'], 'c...'],
    ['a\tb\n"\'\\%2e', [], 'a\tb\n"\'\\%2e'],
    ['metadata', [], 'metadata'],
    ['x'.repeat(246), [], 'x'.repeat(246)],
    [`${'x'.repeat(255)}/y`, ['x'.repeat(255)], 'y'],
  ])('%j is a path', (key, folders, file) => {
    expect(parseKey(key)).toEqual({ folders, file });
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    'a//b',
    'a//',
    '..',
    '../x',
    'a/../../x',
    'a/./b',
    '.quota',
    '.metadata',
    'a/.hidden/b',
    'x.metadata',
    'x.metadata/y',
    'a\0b',
    'lone \ud800 surrogate',
  ])('%j is no path', (key) => {
    expect(parseKey(key)).toBeUndefined();
  });

  it.each([
    [`${'ü'.repeat(128)}/x`],
    // Its sidecar would not fit.
    ['x'.repeat(247)],
  ])('%s has a name that is too long for a path', (key) => {
    expect(parseKey(key)).toBeUndefined();
  });

  it.each([
    ['', 'bad-key'],
    ['lone \ud800 surrogate', 'bad-key'],
    ['k'.repeat(1025), 'key-too-long'],
    [`${'a/'.repeat(512)}b`, 'key-too-long'],
  ])('%s is refused', (key, reason) => {
    expect(() => requireKey(key)).toThrow(expect.objectContaining({ reason }));
  });

  it('never leaves the bucket, and gives the same path to no other key', () => {
    const pieces = fc.constantFrom('a', 'b', '.', '..', '/', '.metadata', '\0', 'ä', '😀', '\ud800');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const key = parts.join('');
        const path = parseKey(key);
        if (path === undefined) return;
        const names = [...path.folders, ...(path.file === undefined ? [] : [path.file])];
        expect([...path.folders.map((name) => `${name}/`), path.file ?? ''].join('')).toBe(key);
        for (const name of names) expect(name).toMatch(/^[^./\0][^/\0]*$/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a prefix', () => {
  it.each([
    ['', []],
    ['a', []],
    ['a/', ['a']],
    ['a/b/c', ['a', 'b']],
    // Half a name may begin with anything.
    ['a/.', ['a']],
    ['../', undefined],
    ['a/../b', undefined],
    ['/', undefined],
    ['.quota/', undefined],
    ['a\0/b', undefined],
  ])('%j', (prefix, folders) => {
    expect(parsePrefix(prefix)).toEqual(folders);
  });
});
