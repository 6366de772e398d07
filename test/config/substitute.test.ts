import { describe, expect, test } from 'vitest';
import { isScalar } from 'yaml';
import { readYaml } from '../../src/config/read-yaml.ts';
import { substitute } from '../../src/config/substitute.ts';
import { createSecrets } from '../../src/lib/secrets.ts';

type Env = Readonly<Record<string, string>>;

/** The value `x` of a file after its references were replaced, what became of it, and the problems. */
function substituted(source: string, env: Env = {}, files: Readonly<Record<string, string>> = {}, mode?: number) {
  const { places } = readYaml(`x: ${JSON.stringify(source)}\n`);
  const secrets = createSecrets();
  const { values, problems } = substitute(places, {
    file: '/etc/agent/config.yaml',
    env,
    secrets,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return { text, mode };
    },
  });
  const node = places.find(({ path }) => path === '/x')?.node;
  return { value: isScalar(node) ? node.value : undefined, became: [...values.values()], problems, secrets };
}

describe('a value', () => {
  test.each<[string, Env, unknown, boolean | undefined]>([
    ['plain', {}, 'plain', undefined],
    ['pa$word', {}, 'pa$word', undefined],
    ['a$$b', {}, 'a$b', true],
    ['${env:A}', { A: 'x' }, 'x', false],
    ['${env:A}', { A: '' }, null, false],
    ['${env:A:-b}', {}, 'b', true],
    ['${env:A:-b}', { A: '' }, 'b', true],
    ['${env:A:-b}', { A: 'x' }, 'x', false],
    ['${env:A:-}', {}, null, true],
    ['${env:A:-b}${env:B}', { B: 'x' }, 'bx', false],
    ['${env:B}${env:A:-b}', { B: 'x' }, 'xb', false],
    ['${env:A}', { A: '12' }, 12, false],
    [' ${env:A}', { A: '12' }, ' 12', false],
    ['${env:A}${env:A}', { A: '12' }, '1212', false],
    ['${env:A}', { A: 'False' }, false, false],
    ['${env:A}', { A: '~' }, null, false],
  ])('%j with %j is %j', (source, env, value, literal) => {
    const { became, problems, ...read } = substituted(source, env);
    expect(read.value).toBe(value);
    expect(problems).toEqual([]);
    expect(became.map((one) => [one.literal, one.failed])).toEqual(literal === undefined ? [] : [[literal, false]]);
  });

  test('is told wrong once, however many of its references are', () => {
    const { value, became, problems } = substituted('${env:A}-${env:B}-${nope}');
    expect(value).toBe('--');
    expect(became).toMatchObject([{ text: '--', failed: true }]);
    expect(problems).toEqual([
      {
        severity: 'error',
        path: '/x',
        message: 'environment variable A is not set',
        hint: 'set it, or write ${env:A:-default}',
      },
    ]);
    expect(substituted('${env:A}').value).toBe('');
  });

  test('that looks as before has failed all the same', () => {
    const source = '${env:A}${env:B}';
    expect(substituted(source, { A: source }).became).toMatchObject([{ text: source, failed: true }]);
  });
});

describe('a file', () => {
  const FILES = {
    '/run/a': 'secret-text\r\n',
    '/run/creds/a': 'other-text\n\n',
    '/run/creds2/a': 'x',
    '/etc/agent/a': 'y',
  };

  test('is read without the end of its last line, and hidden', () => {
    const { value, became, secrets } = substituted('${file:/run/a}', {}, FILES);
    expect(value).toBe('secret-text');
    expect(became).toEqual([{ text: 'secret-text', literal: false, failed: false, file: '/run/a' }]);
    expect(secrets.scrub('the secret-text')).toBe('the ***');
    expect(substituted('${file:/run/creds/a}', {}, FILES).value).toBe('other-text\n');
    expect(substituted('a ${file:/run/a}', {}, FILES).became[0]?.file).toBeUndefined();
  });

  test.each([
    [undefined, 0],
    [0o600, 0],
    [0o700, 0],
    [0o640, 1],
    [0o604, 1],
    [0o601, 1],
  ])('of mode %o has %i warnings', (mode, warnings) => {
    const { problems } = substituted('${file:/run/a}', {}, FILES, mode);
    expect(problems).toHaveLength(warnings);
  });

  test.each<[string, Env, number]>([
    ['${credential:a}', { CREDENTIALS_DIRECTORY: '/run/creds' }, 0],
    ['${file:/run/creds/a}', { CREDENTIALS_DIRECTORY: '/run/creds' }, 0],
    ['${file:/run/creds2/a}', { CREDENTIALS_DIRECTORY: '/run/creds' }, 1],
    ['${file:/run/creds/a}', {}, 1],
    ['${credential:a}', {}, 1],
    ['${credential:a}', { CREDENTIALS_DIRECTORY: '' }, 1],
  ])('%s that others may read, with %j, has %i warnings', (source, env, warnings) => {
    const { became, problems } = substituted(source, env, FILES, 0o644);
    expect(became[0]?.failed).toBe(false);
    expect(problems.map(({ severity }) => severity)).toEqual(Array(warnings).fill('warning'));
  });

  test('that cannot be read is told with what to do', () => {
    const [missing] = substituted('${file:/nope}').problems;
    expect([missing?.message, missing?.hint]).toEqual(['cannot read /nope: there is no such file (ENOENT)', undefined]);
    const [credential] = substituted('${credential:a}', { CREDENTIALS_DIRECTORY: '/run/creds' }).problems;
    expect([credential?.message, credential?.hint]).toEqual([
      'cannot read /run/creds/a: there is no such file (ENOENT)',
      undefined,
    ]);
    expect(substituted('${credential:a}').problems[0]?.hint).toContain('LoadCredential=a:/etc/agent/a');
  });
});

test.each(['${', '${env:1A}', '${file:a}', '${credential:../a}', '${credential:.a}', '${}'])(
  '%s is no reference',
  (source) => {
    expect(substituted(source, {}, {}).problems).toMatchObject([{ severity: 'error' }]);
  },
);
