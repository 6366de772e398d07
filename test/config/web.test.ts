import { describe, expect, test } from 'vitest';
import { createSecrets } from '../../src/lib/secrets.ts';
import { ENV, fileWith, load } from './load-text.ts';

const file = (web: string): string => `${web}\n${fileWith()}`;
const LOGIN = 'issuer: https://login.example.org/realms/site, client_id: agent, admins: [ops]';

describe('a page for people', () => {
  test('has what its settings say, and defaults', () => {
    const text = file(`web: { public_url: 'https://Agent.example.org/storage/', login: { ${LOGIN} } }`);
    const { config, diagnostics } = load(text, { env: ENV });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(config?.web).toEqual({
      origin: 'https://agent.example.org',
      basePath: '/storage',
      login: {
        issuer: 'https://login.example.org/realms/site',
        clientId: 'agent',
        clientSecret: undefined,
        ca: undefined,
        proxy: undefined,
        scope: 'openid profile',
        userClaim: 'preferred_username',
        roleClaim: undefined,
        admins: ['ops'],
        sessionMs: 8 * 3_600_000,
      },
    });
  });

  test('may be on this machine without TLS', () => {
    const local = LOGIN.replace('https://login.example.org', 'http://127.0.0.1:8080');
    const { config } = load(file(`web: { public_url: 'http://127.0.0.1:9464', login: { ${local} } }`), { env: ENV });
    expect(config?.web).toMatchObject({ origin: 'http://127.0.0.1:9464', basePath: '' });
  });

  test.each([
    ['', 'http://proxy:3128'],
    [", proxy: ''", undefined],
    [', proxy: env', 'env'],
  ])('reaches its login server like Waldur, unless it says otherwise: %j', (proxy, expected) => {
    const web = `global_proxy: http://proxy:3128\nweb: { public_url: 'https://a.example.org', login: { ${LOGIN}${proxy} } }`;
    expect(load(file(web), { env: ENV }).config?.web.login?.proxy).toBe(expected);
  });

  test('trusts the CAs in a file', () => {
    const web = `web: { public_url: 'https://a.example.org', login: { ${LOGIN}, ca_file: /ca.pem } }`;
    const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
    expect(load(file(web), { env: ENV, files: { '/ca.pem': pem } }).config?.web.login?.ca).toBe(pem);
    const wrong = load(file(web), { env: ENV, files: { '/ca.pem': 'no certificate' } });
    expect(wrong.diagnostics).toContainEqual(
      expect.objectContaining({ path: '/web/login/ca_file', message: '/ca.pem holds no PEM certificate' }),
    );
  });

  test('has its client secret from a reference, and hides it', () => {
    const secrets = createSecrets();
    const web = `web: { public_url: 'https://a.example.org', login: { ${LOGIN}, client_secret: '\${env:WEB}' } }`;
    const { config } = load(file(web), { env: { ...ENV, WEB: 'the secret of the client' }, secrets });
    expect(config?.web.login?.clientSecret).toBe('the secret of the client');
    expect(secrets.scrub('x the secret of the client y')).toBe('x *** y');
  });
});

test.each([
  [`login: { ${LOGIN} }`, '/web/login', '"login" needs "public_url"'],
  [`public_url: 'http://a.example.org', login: { ${LOGIN} }`, '/web/public_url', 'a login needs https'],
  [
    `public_url: 'https://a.example.org', login: { ${LOGIN.replace('https', 'http')} }`,
    '/web/login/issuer',
    'the login server must be reached by https',
  ],
  [`public_url: 'https://a.example.org/x', base_path: /y`, '/web/base_path', 'differs from the path of "public_url"'],
  [`public_url: 'https://a.example.org', login: { ${LOGIN}, scope: profile }`, '/web/login/scope', 'openid'],
  [`public_url: 'https://a.example.org/?x=1'`, '/web/public_url', 'public_url'],
  [`public_url: 'https://user:pass@a.example.org'`, '/web/public_url', 'public_url'],
  [`public_url: 'javascript:alert(1)'`, '/web/public_url', 'public_url'],
  ['base_path: storage', '/web/base_path', 'a path such as /storage'],
  ['base_path: /a//b', '/web/base_path', 'a path such as /storage'],
  [`public_url: 'https://a.example.org', login: { ${LOGIN}, session: 30d }`, '/web/login/session', 'a number of hours'],
  [
    `public_url: 'https://a.example.org', login: { issuer: 'https://l.example.org', client_id: a }`,
    '/web/login',
    'admins',
  ],
])('web: { %s } is a mistake', (web, path, words) => {
  const { diagnostics } = load(file(`web: { ${web} }`), { env: ENV });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map((error) => error.path)).toEqual([path]);
  expect(errors[0]?.message).toContain(words);
});
