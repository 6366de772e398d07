import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LoginConfig } from '../../src/config/types.ts';
import { createHttp, type HttpFactory } from '../../src/lib/http.ts';
import { createLog, type Log } from '../../src/lib/log.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import type { Route } from '../../src/plugin/contract.ts';
import { createLogin, type Login } from '../../src/web/login/create-login.ts';
import { createRouter, type Router } from '../../src/web/router.ts';
import { createWebServer, type WebServer } from '../../src/web/web-server.ts';
import { type Browser, openBrowser } from '../fakes/browser.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { CLIENT, type LoginServer, loginConfig, startLoginServer } from '../fakes/login-server.ts';

const BASE = '/storage';
const MINUTE = 60_000;

let provider: LoginServer;
let server: WebServer;
let clock: ManualClock;
let log: Log;
let lines: string[];
let origin: string;
let config: LoginConfig;
let router: Router;
let login: Login;
let stop: AbortController;
const http: HttpFactory = (options) => createHttp(options, { clock });

const whoami: Route = {
  method: 'GET',
  path: '/me',
  role: 'user',
  handle: async ({ person }) => ({ status: 200, body: { name: person?.name ?? '', claims: person?.claims ?? {} } }),
};
const operate: Route = {
  method: 'POST',
  path: '/act',
  role: 'operator',
  handle: async () => ({ status: 200, body: {} }),
};
const document: Route = {
  method: 'GET',
  path: '/ui',
  role: 'page',
  handle: async () => ({ status: 200, body: 'page' }),
};

/** An agent behind a proxy that leaves `/storage` before the path; the login server knows it. */
beforeEach(async () => {
  clock = manualClock(new Date().toISOString());
  lines = [];
  stop = new AbortController();
  // Nothing is hidden in it: what reaches the log must not be secret in the first place.
  log = createLog({ level: 'debug', clock, secrets: createSecrets(), write: (line) => lines.push(line) });
  const site = { origin: '', basePath: BASE, hasLogin: true };
  router = createRouter([]);
  server = createWebServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    site,
    router: () => router,
    people: () => login.people,
    onError: (error) => {
      throw error;
    },
  });
  origin = `http://127.0.0.1:${await server.start()}`;
  site.origin = origin;
  // It says with every start that it keeps everything in memory.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  provider = await startLoginServer(`${origin}${BASE}/auth/callback`);
  config = loginConfig({ issuer: provider.issuer, clientSecret: CLIENT.secret, scope: 'openid profile groups' });
  use(config);
});
afterEach(async () => {
  await server.close();
  await provider.close();
  vi.restoreAllMocks();
});

function use(changed: LoginConfig): void {
  let counter = 0;
  const random = (bytes: number): Uint8Array => Buffer.alloc(bytes, `${process.pid} ${counter++}`);
  login = createLogin(changed, { clock, log, random, origin, basePath: BASE, http, signal: stop.signal });
  router = createRouter([{ owner: 'agent', routes: [...login.routes, whoami, operate, document] }]);
}

const at = (path: string): string => `${origin}${BASE}${path}`;
const isCallback = (url: string): boolean => url.includes('/auth/callback');

/** Logs in as a person would: to the login server, through its forms, and back. Returns where that ends. */
async function comeBack(browser: Browser, user: string, to = '/ui'): Promise<string> {
  const form = await browser.follow(at(`/auth/login?to=${encodeURIComponent(to)}`));
  const action = (text: string): string => /action="([^"]+)"/.exec(text)?.[1] ?? '';
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
  let answer = await browser.post(action(form.text), `prompt=login&login=${user}&password=x`, urlencoded);
  for (let hops = 0; hops < 10; hops++) {
    if (answer.location !== undefined && isCallback(answer.location)) return answer.location;
    answer = await (answer.location === undefined
      ? browser.post(action(answer.text), 'prompt=consent', urlencoded)
      : browser.get(answer.location));
  }
  throw new Error(`the login server does not send back: ${answer.status} ${answer.text.slice(0, 200)}`);
}

async function logIn(browser: Browser, user: string, to?: string) {
  return browser.get(await comeBack(browser, user, to));
}

const sessionOf = (browser: Browser): string => browser.cookies.get('agent-session') ?? '';
const me = (browser: Browser) => browser.get(at('/me'));
const act = (browser: Browser) => browser.post(at('/act'), undefined, { origin });

describe('a login', () => {
  test('gives people their name, operators their role, and goes back to where it began', async () => {
    const [alice, charlie] = [openBrowser(), openBrowser()];
    const end = await logIn(alice, 'alice', '/ui/orders/x?tab=1');
    expect([end.status, end.location]).toEqual([303, at('/ui/orders/x?tab=1')]);
    expect(JSON.parse((await me(alice)).text)).toMatchObject({ name: 'alice', claims: { host_user: 'alice' } });
    expect((await act(alice)).status).toBe(403);
    await logIn(charlie, 'charlie');
    expect([(await me(charlie)).status, (await act(charlie)).status]).toEqual([200, 200]);
  });

  test('keeps cookies from scripts and from other sites, below our path', async () => {
    const browser = openBrowser();
    const begun = await browser.get(at('/auth/login'));
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^agent-login=[\w-]+; Path=\/storage; HttpOnly; SameSite=Lax; Max-Age=600$/),
    ]);
    const ended = await logIn(openBrowser(), 'alice');
    expect(ended.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^agent-session=[\w-]+; Path=\/storage; HttpOnly; SameSite=Strict$/),
      'agent-login=; Path=/storage; HttpOnly; SameSite=Lax; Max-Age=0',
    ]);
  });

  test('uses PKCE, state and nonce, and a fresh one of each every time', async () => {
    const urls = [1, 2].map(async () => new URL((await openBrowser().get(at('/auth/login'))).location ?? ''));
    const [a, b] = await Promise.all(urls);
    expect(Object.fromEntries(a?.searchParams ?? [])).toMatchObject({
      client_id: CLIENT.id,
      redirect_uri: at('/auth/callback'),
      response_type: 'code',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(a?.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
      expect(a?.searchParams.get(name)).not.toBe(b?.searchParams.get(name));
    }
  });

  test.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/ui/../../evil',
    '/ui/%2e%2e/%2E%2E/evil',
    '/ui/..',
    '/ui//evil.example',
    '/ui@evil.example',
    'javascript:alert(1)',
    '/ui/\r\nset-cookie: x=y',
    '/metrics',
  ])('leads nowhere but to our page, also when asked for %j', async (to) => {
    const { location } = await logIn(openBrowser(), 'alice', to);
    const url = new URL(location ?? '');
    expect([url.origin, url.pathname === `${BASE}/ui` || url.pathname.startsWith(`${BASE}/ui/`)]).toEqual([
      origin,
      true,
    ]);
    expect(new URL(location ?? '').pathname).not.toContain('evil.example');
  });

  test('of someone without the claim that names people is refused, and the hint says which', async () => {
    const end = await logIn(openBrowser(), 'nameless');
    expect([end.status, end.headers.getSetCookie()]).toEqual([503, []]);
    expect(end.text).toContain('the claim preferred_username is missing');
  });

  test('has an address unless the login server knows it to be unverified, and asks for it where the scope does', async () => {
    const emailOf = async (user: string): Promise<unknown> => {
      const browser = openBrowser();
      await logIn(browser, user);
      return (JSON.parse((await me(browser)).text) as { claims: Record<string, unknown> }).claims['email'];
    };
    expect(await emailOf('alice')).toBeUndefined();
    use({ ...config, scope: 'openid profile groups email' });
    expect(await emailOf('alice')).toBe('alice@example.org');
    expect(await emailOf('charlie')).toBeUndefined();
  });

  test('can take operators by name, and asks for claims that the token lacks', async () => {
    const { roleClaim: _, ...byName } = config;
    use({ ...byName, roleClaim: undefined, admins: ['alice'] });
    const browser = openBrowser();
    await logIn(browser, 'alice');
    expect((await act(browser)).status).toBe(200);
    expect(provider.asked.get('/me')).toBeGreaterThan(0);
  });
});

describe('a call of the API without a login', () => {
  const inApi: Route = { ...whoami, path: '/api/me' };
  const call = (path: string, accept?: string, method: 'get' | 'post' = 'get') => {
    const headers = accept === undefined ? {} : { accept };
    return method === 'get' ? openBrowser().get(at(path), headers) : openBrowser().post(at(path), '', headers);
  };
  beforeEach(() => {
    router = createRouter([
      { owner: 'agent', routes: [...login.routes, whoami, inApi, { ...operate, path: '/api/act', role: 'user' }] },
    ]);
  });

  test('that asks for JSON hears where the login is', async () => {
    const { status, text, location } = await call('/api/me', 'application/json, text/plain, */*');
    expect([status, JSON.parse(text), location]).toEqual([
      401,
      { msg: 'authorization required', detail: 'a login is required', redirect_url: at('/auth/login') },
      undefined,
    ]);
    expect((await call('/api/act', 'application/json', 'post')).status).toBe(401);
  });

  test('by a browser that opened it goes there', async () => {
    const { status, location } = await call('/api/me', 'text/html,application/xhtml+xml,*/*;q=0.8');
    expect([status, location]).toEqual([302, at('/auth/login')]);
    expect((await call('/api/act', 'text/html', 'post')).status).toBe(401);
  });

  test.each([undefined, '*/*'])('with Accept: %s is refused in a line', async (accept) => {
    const { status, text } = await call('/api/me', accept);
    expect([status, text]).toEqual([401, 'a login is required\n']);
  });

  test('leaves other addresses as they are', async () => {
    expect((await call('/me', 'application/json')).text).toBe('a login is required\n');
  });
});

describe('an answer of the login server', () => {
  test('counts only in the browser that asked', async () => {
    const [victim, attacker] = [openBrowser(), openBrowser()];
    const url = await comeBack(attacker, 'alice');
    expect((await victim.get(url)).status).toBe(403);
    await victim.get(at('/auth/login'));
    const stolen = await victim.get(url);
    expect([stolen.status, sessionOf(victim)]).toEqual([403, '']);
  });

  test('counts once', async () => {
    const browser = openBrowser();
    const url = await comeBack(browser, 'alice');
    const cookies = new Map(browser.cookies);
    expect((await browser.get(url)).status).toBe(303);
    browser.cookies.clear();
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    expect((await browser.get(url)).status).toBe(403);
  });

  test('comes too late after ten minutes', async () => {
    const browser = openBrowser();
    const url = await comeBack(browser, 'alice');
    await clock.advance(10 * MINUTE + 1);
    expect((await browser.get(url)).status).toBe(403);
  });

  test.each(['state=x', 'code=wrong', 'error=access_denied', ''])('with %j lets no one in', async (query) => {
    const browser = openBrowser();
    const begun = new URL((await browser.get(at('/auth/login'))).location ?? '');
    const state = query.startsWith('state') ? '' : `&state=${begun.searchParams.get('state')}`;
    const end = await browser.get(at(`/auth/callback?${query}${state}&iss=${encodeURIComponent(provider.issuer)}`));
    expect([end.status, sessionOf(browser)]).toEqual([403, '']);
    expect((await me(browser)).status).toBe(401);
  });
});

describe('a session', () => {
  async function loggedIn(user = 'alice'): Promise<Browser> {
    const browser = openBrowser();
    await logIn(browser, user);
    return browser;
  }

  const withSession = async (value: string): Promise<number> => {
    const browser = openBrowser();
    browser.cookies.set('agent-session', value);
    return (await me(browser)).status;
  };

  test('is nothing that a browser could make or change', async () => {
    const value = sessionOf(await loggedIn());
    expect(await withSession(value)).toBe(200);
    for (let at = 0; at < value.length; at += 7) {
      const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
      expect(await withSession(changed), `character ${at}`).toBe(401);
    }
    for (const forged of ['', 'x', value.slice(0, -1), `${value}A`, `${value}; agent-session=${value}`]) {
      expect(await withSession(forged)).toBe(401);
    }
  });

  test('is no cookie of another purpose, and none of another process', async () => {
    const browser = openBrowser();
    await browser.get(at('/auth/login'));
    expect(await withSession(browser.cookies.get('agent-login') ?? '')).toBe(401);
    const value = sessionOf(await loggedIn());
    const random = (bytes: number): Uint8Array => Buffer.alloc(bytes, 9);
    login = createLogin(config, { clock, log, random, origin, basePath: BASE, http, signal: stop.signal });
    expect(await withSession(value)).toBe(401);
  });

  test('gets a new cookie every five minutes; an old one that comes again ends it', async () => {
    const browser = await loggedIn();
    const first = sessionOf(browser);
    await clock.advance(5 * MINUTE);
    expect((await me(browser)).status).toBe(200);
    const second = sessionOf(browser);
    expect(second).not.toBe(first);
    // Requests that were under way.
    expect(await withSession(first)).toBe(200);
    expect((await me(browser)).status).toBe(200);
    await clock.advance(MINUTE);
    expect(await withSession(first)).toBe(401);
    expect((await me(browser)).status).toBe(401);
    expect(lines.join('\n')).toContain('its cookie came again');
  });

  test('goes on when the answer with the new cookie was lost', async () => {
    const browser = await loggedIn();
    const first = sessionOf(browser);
    await clock.advance(5 * MINUTE);
    expect(await withSession(first)).toBe(200);
    await clock.advance(10 * MINUTE);
    expect((await me(browser)).status).toBe(200);
    expect(sessionOf(browser)).not.toBe(first);
  });

  test('ends when no one uses it for an hour, and after eight hours in any case', async () => {
    const [idle, busy] = [await loggedIn(), await loggedIn('charlie')];
    for (let minutes = 0; minutes < 60; minutes += 20) {
      await clock.advance(20 * MINUTE);
      expect((await me(busy)).status).toBe(200);
    }
    expect((await me(idle)).status).toBe(401);
    for (let minutes = 60; minutes < 460; minutes += 20) {
      await clock.advance(20 * MINUTE);
      expect((await me(busy)).status).toBe(200);
    }
    await clock.advance(20 * MINUTE);
    expect((await me(busy)).status).toBe(401);
  });

  test('ends with a logout, which no other site can ask for', async () => {
    const browser = await loggedIn();
    const value = sessionOf(browser);
    const foreign = await browser.post(at('/auth/logout'), undefined, { origin: 'https://evil.example' });
    expect([foreign.status, (await me(browser)).status]).toEqual([403, 200]);
    const ended = await browser.post(at('/auth/logout'), undefined, { origin });
    expect(new URL(JSON.parse(ended.text).location).searchParams.get('post_logout_redirect_uri')).toBe(at('/ui'));
    expect([sessionOf(browser), await withSession(value)]).toEqual(['', 401]);
  });
});

test.each<[string, Partial<LoginConfig>]>([
  ['a wrong secret', { clientSecret: 'another secret of the client' }],
  ['another issuer than the server says', { issuer: 'http://localhost' }],
])('with %s in the configuration no one comes in, and the hint says where to look', async (_, changes) => {
  const issuer =
    changes.issuer === undefined ? config.issuer : config.issuer.replace('http://127.0.0.1', changes.issuer);
  use({ ...config, ...changes, issuer });
  const browser = openBrowser();
  const begun = await browser.get(at('/auth/login'));
  const end = begun.status === 302 ? await logIn(browser, 'alice') : begun;
  expect([end.status, end.text, sessionOf(browser)]).toEqual([503, expect.stringContaining('web.login'), '']);
});

describe('a login server that is down', () => {
  test('is told in words, asked seldom, and is asked again when it may be back', async () => {
    provider.isDown = true;
    const browser = openBrowser();
    const first = await browser.get(at('/auth/login'));
    expect([first.status, first.text]).toEqual([
      503,
      expect.stringContaining('the login server does not answer as one'),
    ]);
    expect(first.text).toContain('web.login');
    const asked = [...provider.asked.values()].reduce((sum, count) => sum + count, 0);
    for (let n = 0; n < 5; n++) expect((await browser.get(at('/auth/login'))).status).toBe(503);
    expect([...provider.asked.values()].reduce((sum, count) => sum + count, 0)).toBe(asked);
    provider.isDown = false;
    await clock.advance(5000);
    expect((await browser.get(at('/auth/login'))).status).toBe(302);
  });

  test('leaves those who are logged in alone', async () => {
    const browser = openBrowser();
    await logIn(browser, 'alice');
    provider.isDown = true;
    expect((await me(browser)).status).toBe(200);
  });

  test('leaves operators on this machine alone', async () => {
    provider.isDown = true;
    const answer = await fetch(`${origin}/act`, { method: 'POST' });
    expect(answer.status).toBe(200);
  });
});

test('logins are counted, by whom a proxy on this machine saw', async () => {
  const from = (address: string) => openBrowser().get(at('/auth/login'), { 'x-forwarded-for': `10.0.0.1, ${address}` });
  for (let n = 0; n < 30; n++) expect((await from('203.0.113.1')).status).toBe(302);
  const refused = await from('203.0.113.1');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
  expect((await from('203.0.113.2')).status).toBe(302);
  await clock.advance(MINUTE);
  expect((await from('203.0.113.1')).status).toBe(302);
});

test('no answer and no line of the log holds a secret', async () => {
  const secrets = createSecrets();
  secrets.add(CLIENT.secret);
  const browser = openBrowser();
  const texts = [await browser.get(at('/auth/login')), await logIn(browser, 'alice'), await me(browser)];
  provider.isDown = true;
  await clock.advance(2 * 60 * MINUTE);
  texts.push(await openBrowser().get(at('/auth/login')), await openBrowser().get(at('/auth/callback?code=x&state=y')));
  const seen = [
    ...texts.map(({ text, headers, location }) => text + JSON.stringify([...headers]) + location),
    ...lines,
  ];
  expect(seen.join('\n').length).toBeGreaterThan(500);
  for (const text of seen) expect(secrets.scrub(text)).toBe(text);
});
