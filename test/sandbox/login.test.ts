import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttp, type HttpFactory } from '../../src/lib/http.ts';
import { createLog } from '../../src/lib/log.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { type SandboxLogin, startSandboxLogin } from '../../src/sandbox/login/login-server.ts';
import { createLogin, type Login } from '../../src/web/login/create-login.ts';
import { NO_PEOPLE } from '../../src/web/people.ts';
import { createRouter } from '../../src/web/router.ts';
import { createWebServer, type WebServer } from '../../src/web/web-server.ts';
import { openBrowser } from '../fakes/browser.ts';
import { manualClock } from '../fakes/clock.ts';
import { loginConfig } from '../fakes/login-server.ts';

let provider: SandboxLogin;
let server: WebServer;
let origin: string;

beforeEach(async () => {
  provider = await startSandboxLogin();
  const clock = manualClock(new Date().toISOString());
  const site = { origin: '', basePath: '', hasLogin: true };
  let login: Login | undefined;
  let router = createRouter([]);
  server = createWebServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    site,
    router: () => router,
    people: () => login?.people ?? NO_PEOPLE,
    onError: (error) => {
      throw error;
    },
  });
  origin = `http://127.0.0.1:${await server.start()}`;
  site.origin = origin;
  const config = loginConfig({ issuer: provider.issuer, clientId: provider.clientId });
  const log = createLog({ level: 'silent', clock, secrets: createSecrets(), write: () => undefined });
  const http: HttpFactory = (options) => createHttp(options, { clock });
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const { signal } = new AbortController();
  login = createLogin(config, { clock, log, random, origin, basePath: '', http, signal });
  const me = {
    method: 'GET',
    path: '/me',
    role: 'user',
    handle: async ({ person }: { person?: { name: string; isOperator: boolean } }) => ({
      status: 200,
      body: { name: person?.name ?? '', operator: person?.isOperator ?? false },
    }),
  } as const;
  router = createRouter([{ owner: 'agent', routes: [...login.routes, me] }]);
});
afterEach(async () => {
  await server.close();
  await provider.close();
});

test.each([
  ['alice', false],
  ['charlie', true],
])('%s logs in at the login server of the sandbox', async (user, operator) => {
  const browser = openBrowser();
  const choice = await browser.follow(`${origin}/auth/login`);
  expect(choice.status).toBe(200);
  const links = [...choice.text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const mine = links.find((href) => href.includes(`user=${user}`)) ?? '';
  const end = await browser.follow(new URL(mine, choice.url).href, (url) => url.endsWith('/ui'));
  expect([end.status, end.location]).toEqual([303, `${origin}/ui`]);
  expect(JSON.parse((await browser.get(`${origin}/me`)).text)).toEqual({ name: user, operator });
  const left = await browser.post(`${origin}/auth/logout`, undefined, { origin });
  const back = await browser.follow(JSON.parse(left.text).location as string, (url) => url.endsWith('/ui'));
  expect(back.location).toBe(`${origin}/ui`);
});

test.each(['https://evil.example/auth/callback', 'http://127.0.0.1.evil.example/', 'javascript:alert(1)//127.0.0.1/'])(
  'it sends no one to %s',
  async (redirect) => {
    const query = new URLSearchParams({
      client_id: 'storage-agent',
      code_challenge_method: 'S256',
      redirect_uri: redirect,
    });
    const answer = await openBrowser().get(`${provider.issuer}/authorize?${query.toString()}&user=alice`);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  },
);

test('a code is worth nothing without the verifier, and nothing the second time', async () => {
  const callback = 'http://127.0.0.1:1/cb';
  const verifier = 'x'.repeat(43);
  const { createHash } = await import('node:crypto');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    client_id: 'storage-agent',
    code_challenge_method: 'S256',
    code_challenge: challenge,
    redirect_uri: callback,
    user: 'alice',
  });
  const codeOf = async (): Promise<string> => {
    const { location } = await openBrowser().get(`${provider.issuer}/authorize?${query.toString()}`);
    return new URL(location ?? '').searchParams.get('code') ?? '';
  };
  const exchange = async (code: string, proof: string): Promise<number> => {
    const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: proof };
    return (await fetch(`${provider.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })).status;
  };
  expect(await exchange(await codeOf(), 'y'.repeat(43))).toBe(400);
  const code = await codeOf();
  expect([await exchange(code, verifier), await exchange(code, verifier)]).toEqual([200, 400]);
});
