import { describe, expect, test } from 'vitest';
import { hasFormat } from '../../src/plugin/formats.ts';

describe('a URL', () => {
  test.each(['http://a', 'HTTPS://a.example:8443/b?c', 'https://[::1]/'])('%j is one', (text) => {
    expect(hasFormat('uri', text)).toBe(true);
  });

  test.each(['', 'a.example', 'ftp://a', 'https:///a', 'https:// a', 'https://a:port', 'x https://a'])(
    '%j is none',
    (text) => {
      expect(hasFormat('uri', text)).toBe(false);
    },
  );
});

describe('an address to listen at', () => {
  test.each(['localhost:0', '0.0.0.0:9464', '[::1]:65535', 'a-b_c.example:80'])('%j is one', (text) => {
    expect(hasFormat('listen-address', text)).toBe(true);
  });

  test.each(['', 'localhost', ':80', '::1:80', 'a:', 'a:65536', 'a:123456', 'a:-1', 'a b:80', '[x]:80'])(
    '%j is none',
    (text) => {
      expect(hasFormat('listen-address', text)).toBe(false);
    },
  );
});

test('a format that is not known accepts every text', () => {
  expect(hasFormat('colour', 'anything')).toBe(true);
});
