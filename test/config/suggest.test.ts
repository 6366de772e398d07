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
