import { describe, expect, test } from 'vitest';
import { createAjv, validate } from '../../src/config/validate.ts';
import { fileWith, load, shown } from './load-text.ts';
import { local } from './stub-plugins.ts';

describe('a plugin may say in its schema', () => {
  test.each<[Readonly<Record<string, unknown>>, unknown, string, string?]>([
    [{ type: 'string', pattern: '^a$' }, 'b', '"x" must be text of the form "^a$"'],
    [{ type: 'string', pattern: '^a$', 'x-expected': 'the letter a' }, 'b', '"x" must be the letter a'],
    [{ type: 'string', format: 'uri' }, 'ftp://x', '"x" must be an http:// or https:// URL'],
    [{ type: 'string', minLength: 1 }, '', '"x" must not be empty'],
    [{ type: 'string', minLength: 8 }, 'short', '"x" must be at least 8 long'],
    [{ type: 'string', maxLength: 2 }, 'long', '"x" must be at most 2 long'],
    [{ type: 'string' }, null, '"x" must be text', 'it is empty'],
    [{ type: 'string' }, 5, '"x" must be text', 'put it in quotes'],
    [{ type: 'string' }, ['a'], '"x" must be text'],
    [{ type: 'boolean' }, 'no', '"x" must be true or false', 'write true or false, without quotes'],
    [{ type: ['integer', 'null'] }, 'a', '"x" must be a whole number or empty'],
    [{ type: 'number', exclusiveMinimum: 0 }, 0, '"x" must be more than 0'],
    [{ type: 'integer', minimum: 1, maximum: 3 }, 4, '"x" must be at most 3'],
    [{ const: 1 }, 2, '"x" must be 1'],
    [{ enum: ['on', 'off'] }, 'onn', '"x" must be one of on, off', 'did you mean "on"?'],
    [{ type: 'array', items: { type: 'integer' } }, [1, 'b'], '"x[1]" must be a whole number'],
    [{ type: 'array', uniqueItems: true }, [1, 1], '"x" must be free of duplicates'],
    [{ type: 'array', minItems: 1 }, [], '"x" must not be empty'],
    [{ allOf: [{ enum: [1] }, { type: 'integer' }] }, 'x', '"x" must be a whole number'],
    [{ multipleOf: 500 }, 501, '"x" must be multiple of 500'],
    [{ not: { type: 'integer' } }, 1, '"x" must NOT be valid'],
    [
      { oneOf: [{ required: ['a'] }, { required: ['b'] }], 'x-expected': 'either a or b' },
      {},
      '"x" must be either a or b',
    ],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, true, '"x" must be one of the forms that are allowed here'],
    [{ type: 'object', dependencies: { a: ['b'] } }, { a: 1 }, 'the key "b" is missing in "x"'],
    [{ type: 'object', required: ['a', 'b'] }, { a: 1 }, 'the key "b" is missing in "x"'],
  ])('%j, and %j is told in words', (schema, x, message, hint) => {
    const problems = validate(
      createAjv(),
      { type: 'object', properties: { x: schema } },
      { x },
      { shows: () => true, source: () => undefined },
    );
    expect(problems).toEqual([expect.objectContaining({ severity: 'error', message })]);
    expect(problems[0]?.hint).toBe(hint);
  });

  test('that a value must not be shown', () => {
    const schema = { type: 'object', properties: { x: { enum: ['hidden'] } } };
    const [problem] = validate(createAjv(), schema, { x: 'hiden' }, { shows: () => false, source: () => undefined });
    expect(problem?.hint).toBeUndefined();
  });

  test('which of several ways to log in is used, and all their secrets are known', () => {
    const plugin = {
      ...local,
      settings: {
        type: 'object',
        additionalProperties: false,
        properties: { user: { type: 'string' }, login: { type: 'object' }, path: { type: 'string' } },
        oneOf: [
          { properties: { login: { properties: { token: { type: 'string', 'x-secret': true } } } } },
          { properties: { login: { not: { type: 'object' } } } },
        ],
        if: { properties: { user: { const: 'root' } }, required: ['user'] },
        else: { properties: { login: { properties: { pin: { type: 'string', 'x-secret': true } } } } },
      },
    };
    const backend_settings = { user: 'me', login: { token: 'tok-tok-tok', pin: 'pin-pin-pin' } };
    const text = fileWith({ backend_settings }).replace('name: "disk"', 'nmae: "disk"');
    const messages = load(text, { plugins: [plugin] }).diagnostics.map(({ path, message }) => `${path} ${message}`);
    expect(messages).toContain('/offerings/0/backend_settings/login/token a secret is written into the file');
    expect(messages).toContain('/offerings/0/backend_settings/login/pin a secret is written into the file');
    expect(shown(text, { plugins: [plugin] })).not.toMatch(/tok-tok-tok|pin-pin-pin/);
  });
});

test.each<[string, unknown]>([
  ['', null],
  ['~', null],
  ['TRUE', true],
  ['false', false],
  ['010', 10],
  ['0o10', 8],
  ['0x1F', 31],
  ['-1.5e3', -1500],
  ['yes', 'yes'],
  ['12:30', '12:30'],
])('a reference to %j is read as YAML reads it', (value, expected) => {
  const seen: unknown[] = [];
  const plugin = {
    ...local,
    settings: { type: 'object', additionalProperties: false, properties: { any: {} } },
    naming: (settings: unknown) => {
      seen.push((settings as { readonly any: unknown }).any);
      return local.naming(settings);
    },
  };
  load(fileWith({ backend_settings: { any: '${env:ANY}' } }), {
    plugins: [plugin],
    env: { ANY: value, TOKEN: 'f00dfeed' },
  });
  expect(seen).toEqual([expected]);
});
