import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suggest } from '../../src/config/suggest.ts';

test.each([
  ['waldur_api_tokn', 'waldur_api_token'],
  ['stomp_enabeld', 'stomp_enabled'],
  ['verify-ssl', 'verify_ssl'],
  ['namee', 'name'],
  ['nmae', 'name'],
  ['completely_different', undefined],
  ['', undefined],
])('"%s" means %s', (word, expected) => {
  expect(suggest(word, ['waldur_api_token', 'waldur_api_url', 'stomp_enabled', 'verify_ssl', 'name'])).toBe(expected);
});

test.each([
  ['ab', ['ba'], 'ba'],
  ['ab', ['xy'], undefined],
  ['cat', ['cut', 'cot'], 'cut'],
  ['cart', ['card', 'cart'], 'cart'],
  ['abcdef', ['abxyef'], 'abxyef'],
  ['abcdef', ['axyzef'], undefined],
  ['abcdef', ['abcdefgh'], 'abcdefgh'],
  ['abcdef', ['abcdefghi'], undefined],
  ['name', [], undefined],
])('of %s and %j it is %s', (word, candidates, expected) => {
  expect(suggest(word, candidates)).toBe(expected);
});

test('one slip in a long word is found', () => {
  const word = fc.stringMatching(/^[a-f_]{6,12}$/);
  const slip = fc.constantFrom<(text: string, at: number) => string>(
    (text, at) => text.slice(0, at) + text.slice(at + 1),
    (text, at) => `${text.slice(0, at)}x${text.slice(at)}`,
    (text, at) => `${text.slice(0, at)}x${text.slice(at + 1)}`,
    (text, at) =>
      text.slice(0, at) +
      text
        .slice(at, at + 2)
        .split('')
        .reverse()
        .join('') +
      text.slice(at + 2),
  );
  fc.assert(
    fc.property(word, slip, fc.nat(5), (right, change, at) => {
      expect(suggest(change(right, at), ['zzzzzzzzz', right])).toBe(right);
    }),
  );
});
