import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecrets } from '../../src/lib/secrets.ts';

/** Printable and hostile: quotes, backslashes, regular expression syntax, other scripts. */
const secret = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }).filter((text) => text.length >= 6);

const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ['plain', (text) => text],
  ['JSON', (text) => JSON.stringify(text).slice(1, -1)],
  ['URL', encodeURIComponent],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64 without padding', (text) => Buffer.from(text).toString('base64').replace(/=+$/, '')],
  ['base64url', (text) => Buffer.from(text).toString('base64url')],
];

describe('createSecrets', () => {
  it.each(FORMS)('finds every secret in its %s form, anywhere', (_, form) => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const secrets = createSecrets();
        secrets.add(value);
        const scrubbed = secrets.scrub(`${before}${form(value)}${after}`);
        expect(scrubbed).toContain('***');
        // The surroundings may themselves complete another occurrence; the one that was put in is gone.
        expect(scrubbed.length).toBeLessThanOrEqual(`${before}***${after}==`.length);
      }),
    );
  });

  it('finds it inside something longer that is encoded whole, and in a form body', () => {
    fc.assert(
      fc.property(secret, fc.string({ unit: 'binary-ascii', maxLength: 9 }), fc.string(), (value, user, after) => {
        const secrets = createSecrets();
        secrets.add(value);
        const basic = Buffer.from(`${user}:${value}${after}`).toString('base64');
        expect(secrets.scrub(basic)).toContain('***');
        expect(secrets.scrub(new URLSearchParams({ a: user, b: value }).toString())).toContain('***');
      }),
    );
  });

  it('takes half a surrogate pair', () => {
    const secrets = createSecrets();
    secrets.add('secret\ud800');
    expect(secrets.scrub('a secret\ud800 b')).toBe('a *** b');
  });

  it('hides the longer of two secrets whole, in either order of registration', () => {
    for (const order of [
      ['secret-1', 'secret-1-and-more'],
      ['secret-1-and-more', 'secret-1'],
    ]) {
      const secrets = createSecrets();
      for (const value of order) secrets.add(value);
      expect(secrets.scrub('a secret-1-and-more b secret-1 c')).toBe('a *** b *** c');
    }
  });

  it('learns while it is in use', () => {
    const secrets = createSecrets();
    secrets.add('first-secret');
    expect(secrets.scrub('first-secret second-secret')).toBe('*** second-secret');
    secrets.add('second-secret');
    expect(secrets.scrub('first-secret second-secret')).toBe('*** ***');
  });

  it('leaves a text without secrets as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const secrets = createSecrets();
        expect(secrets.scrub(text)).toBe(text);
        secrets.add('only-this-one');
        expect(secrets.scrub(text)).toBe(text.replaceAll('only-this-one', '***'));
      }),
    );
  });

  it('ignores values so short that they would blank ordinary words', () => {
    const secrets = createSecrets();
    for (const value of ['', 'a', 'admin']) secrets.add(value);
    expect(secrets.scrub('the admin said a word')).toBe('the admin said a word');
  });
});
