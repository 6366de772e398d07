import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecrets } from '../../src/lib/secrets.ts';
import { ENV, type Files, fileWith, load, offeringOf, shown } from './load-text.ts';

const SECRET = 'correct-horse-battery';

describe('references', () => {
  const files = { '/run/token': `${SECRET}\n`, '/creds/token': SECRET };
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['${env:T}', { T: SECRET }, SECRET],
    ['${env:T:-fallback-value}', {}, 'fallback-value'],
    ['${env:T:-fallback-value}', { T: '' }, 'fallback-value'],
    ['${file:/run/token}', {}, SECRET],
    ['${credential:token}', { CREDENTIALS_DIRECTORY: '/creds' }, SECRET],
    ['a${env:T}b', { T: SECRET }, `a${SECRET}b`],
    ['$$${env:T}$${env:T}', { T: SECRET }, `$${SECRET}\${env:T}`],
    ['${env:T}', { T: '${env:OTHER}' }, '${env:OTHER}'],
    ['${env:T}', { T: '0123' }, '0123'],
    ['${env:T}', { T: 'true' }, 'true'],
    ['pa$word', {}, 'pa$word'],
  ])('%s with %j', (reference, env, expected) => {
    const { waldur } = offeringOf(fileWith({ waldur_api_token: reference }), { env, files });
    expect(waldur.credentials).toMatchObject({ kind: 'token', token: expected });
  });

  test.each([
    ['${file:/run/token}', '/run/token'],
    ['${credential:token}', '/creds/token'],
    ['${file:/run/token}x', undefined],
    ['${env:T}', undefined],
  ])('%s comes from the file %s', (reference, file) => {
    const env = { T: SECRET, CREDENTIALS_DIRECTORY: '/creds' };
    const { credentials } = offeringOf(fileWith({ waldur_api_token: reference }), { env, files }).waldur;
    expect('file' in credentials ? credentials.file : undefined).toBe(file);
  });

  test('a value that is one reference gets the type of its text', () => {
    const text = fileWith().replace('name: "disk"', 'name: ${env:NAME}\n    allow_decrease: ${env:YES}');
    const offering = offeringOf(`${text}concurrency: \${env:N}\n`, {
      env: { ...ENV, NAME: '7', YES: 'true', N: '0x10' },
    });
    expect(offering).toMatchObject({ name: '7', allowDecrease: true });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      '${env:NOPE}',
      {},
      `a.yaml:4:23: environment variable NOPE is not set
    4 |     waldur_api_token: ***
      |                       ^
      = set it, or write \${env:NOPE:-default}
`,
    ],
    [
      '${file:/nope}',
      {},
      `a.yaml:4:23: cannot read /nope: there is no such file (ENOENT)
    4 |     waldur_api_token: ***
      |                       ^
`,
    ],
    [
      '${credential:token}',
      {},
      `a.yaml:4:23: cannot read token: there is no such file (ENOENT)
    4 |     waldur_api_token: ***
      |                       ^
      = CREDENTIALS_DIRECTORY is not set: in a unit, systemd sets it for LoadCredential=token:token; for a command, run it as a user who can read that file
`,
    ],
    [
      '${vault:token}',
      {},
      `a.yaml:4:23: this reference is not understood
    4 |     waldur_api_token: ***
      |                       ^
      = use \${env:NAME}, \${env:NAME:-default}, \${file:/absolute/path} or \${credential:name}; $$ is a dollar sign
`,
    ],
    [
      '${env:T',
      {},
      `a.yaml:4:23: "\${" without a closing "}"
    4 |     waldur_api_token: ***
      |                       ^
      = write $$ for a dollar sign
`,
    ],
    ['${credential:../../etc/shadow}', { CREDENTIALS_DIRECTORY: '/creds' }, 'this reference is not understood'],
    ['${file:relative}', {}, 'this reference is not understood'],
  ])('%s that leads nowhere', (reference, env, expected) => {
    const text = fileWith({ waldur_api_token: reference });
    expect(load(text, { env, files }).config).toBeUndefined();
    expect(shown(text, { env, files })).toContain(expected);
  });

  test('are not looked for in keys', () => {
    expect(shown(fileWith({ '${env:T}': 1 }), { env: ENV })).toContain('unknown key "${env:T}"');
  });

  test('to files that others can read are warned of, except where systemd guards them', () => {
    const open = { text: SECRET, mode: 0o440 };
    const env = { CREDENTIALS_DIRECTORY: '/creds' };
    const text = fileWith({ waldur_api_token: '${file:/run/token}' });
    expect(
      shown(text, { env, files: { '/run/token': open } }),
    ).toBe(`a.yaml:4:23: warning: /run/token can be read by other users
    4 |     waldur_api_token: ***
      |                       ^
      = chmod 600 /run/token
`);
    expect(shown(fileWith({ waldur_api_token: '${credential:t}' }), { env, files: { '/creds/t': open } })).toBe('');
    expect(shown(fileWith({ waldur_api_token: '${file:/creds/t}' }), { env, files: { '/creds/t': open } })).toBe('');
  });
});

describe('secrets', () => {
  test('in the file are a warning, and an error when the file asks for it', () => {
    const text = fileWith({ waldur_api_token: SECRET });
    expect(load(text).config).toBeDefined();
    expect(shown(text)).toBe(`a.yaml:4:23: warning: a secret is written into the file
    4 |     waldur_api_token: ***
      |                       ^
      = use \${file:/path}, \${credential:name} or \${env:NAME}
`);
    expect(load(fileWith({ waldur_api_token: SECRET }, { strict_secrets: true })).config).toBeUndefined();
  });

  test.each<[string, string]>([
    ['a declared secret', fileWith({ waldur_api_token: SECRET })],
    [
      'a secret of the backend',
      fileWith({ backend_type: 'croit-s3', backend_settings: { api_url: 'https://c', token: SECRET } }),
    ],
    ['a password in a URL', fileWith({}, { global_proxy: `http://user:${SECRET}@proxy:3128` })],
    ['a reference', fileWith({ waldur_api_token: '${env:TOKEN}' })],
    ['a file', fileWith({ name: '${file:/name}' })],
    ['an alias', fileWith().replace('"disk"', `&name ${SECRET}`).replace('"${env:TOKEN}"', '*name')],
  ])('the log scrubber learns %s', (_, text) => {
    const secrets = createSecrets();
    load(text, { secrets, env: { TOKEN: SECRET }, files: { '/name': SECRET } });
    expect(secrets.scrub(`token ${SECRET} in a line`)).toBe('token *** in a line');
  });

  const places: readonly [string, (secret: string) => string][] = [
    ['a secret that is not text', (secret) => `offerings:\n  - waldur_api_token: [${secret}]\n`],
    ['a misspelt key', (secret) => `offerings:\n  - waldur_api_tokn: ${secret}\n`],
    ['an unknown backend', (secret) => `offerings: [{backend_type: x, backend_settings: {token: ${secret}}}]\n`],
    ['a comment', (secret) => `offerings: 1 # waldur_api_token: ${secret}\n`],
    ['a commented line', (secret) => `offerings:\n  # ${secret}\n  - 1\n`],
    ['an unfinished text', (secret) => `offerings:\n  - waldur_api_token: "${secret}\n`],
    ['text without a colon', (secret) => `offerings:\n  - waldur_api_token ${secret}\n    name: x\n`],
    ['a block', (secret) => `offerings:\n  - waldur_api_token: |\n      ${secret}\n    x: ${secret}`],
    ['another document', (secret) => `offerings: 1\n--- ${secret}\n`],
    ['a bracket too few', (secret) => `offerings: [{waldur_api_token: ${secret}, name: }\n`],
    ['a wrong tag', (secret) => `offerings:\n  - waldur_api_token: !x ${secret}\n`],
    ['a duplicate', (secret) => `waldur_api_token: ${secret}\nwaldur_api_token: ${secret}\n`],
    ['a bad escape', (secret) => `offerings:\n  - waldur_api_token: "\\q${secret}"\n`],
    ['a value in the wrong place', (secret) => `${secret}\n`],
  ];
  test.each(places)('are never shown: %s', (_, text) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{12,20}$/), (secret) => {
        const { diagnostics } = load(text(secret));
        expect(diagnostics.length).toBeGreaterThan(0);
        expect(shown(text(secret))).not.toContain(secret);
      }),
      { numRuns: 5 },
    );
  });
});

test('without systemd, credentials are the files beside the configuration', () => {
  const text = fileWith({ waldur_api_token: '${credential:waldur-token}' });
  const token = { text: 'f00dfeed\n', mode: 0o600 };
  const file = '/etc/agent/config.yaml';
  const read = (files: Files): ReturnType<typeof load> => load(text, { file, files });
  const beside = read({ '/etc/agent/waldur-token': token });
  expect(beside.diagnostics).toEqual([]);
  expect(beside.config?.offerings[0]?.waldur.credentials).toMatchObject({ kind: 'token', token: 'f00dfeed' });
  expect(read({ '/etc/agent/waldur-token': { ...token, mode: 0o644 } }).diagnostics[0]?.hint).toBe(
    'chmod 600 /etc/agent/waldur-token',
  );
  expect(read({}).diagnostics[0]).toMatchObject({
    message: 'cannot read /etc/agent/waldur-token: there is no such file (ENOENT)',
    hint: expect.stringContaining('LoadCredential=waldur-token:/etc/agent/waldur-token'),
  });
});
