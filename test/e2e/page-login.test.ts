import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SandboxLogin, startSandboxLogin } from '../../src/sandbox/login/login-server.ts';
import { type Browser, openBrowser } from '../fakes/browser.ts';
import { loginConfig } from '../fakes/login-server.ts';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';
import { fulfilled, ready } from './helpers.ts';

let folder: string;
let login: SandboxLogin;
let site: Site | undefined;
let origin: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-page-'));
  login = await startSandboxLogin();
});
afterEach(async () => {
  await site?.close();
  site = undefined;
  await login.close();
  rmSync(folder, { recursive: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** An agent whose page is reached by login, as behind a proxy: what it says of itself is not loopback. */
async function open(options: SiteOptions = {}): Promise<Site> {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const config = loginConfig({ issuer: login.issuer, clientId: login.clientId });
  site = await openSite({
    ...options,
    tune: (site) => ({
      ...site,
      http: { host: '127.0.0.1', port },
      web: { origin, basePath: '', login: config },
    }),
  });
  return site;
}

async function logIn(user: 'alice' | 'charlie'): Promise<Browser> {
  const browser = openBrowser();
  const choice = await browser.follow(`${origin}/auth/login?to=/ui/orders`);
  const links = [...choice.text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const mine = links.find((href) => href.includes(`user=${user}`)) ?? '';
  const end = await browser.follow(new URL(mine, choice.url).href, (url) => url.includes('/ui'));
  expect([end.status, end.location]).toEqual([303, `${origin}/ui/orders`]);
  return browser;
}

/** As the proxy in front passes requests on: nothing in them is trusted for being local. */
const PROXIED = { 'x-forwarded-for': '203.0.113.9' };
const json = async (browser: Browser, path: string) => JSON.parse((await browser.get(origin + path, PROXIED)).text);
const status = async (browser: Browser, path: string) => (await browser.get(origin + path, PROXIED)).status;

test('alice sees only what is hers, charlie sees everything, and whoever is not logged in sees nothing', async () => {
  const settings = `device: /dev/sda1
host_id: host1
MOCK_QUOTA: true
central: true
registry: ${folder}
user_claim: preferred_username`;
  await (await open({ backend: 'host-quota', settings })).start();
  const [alice, charlie, stranger] = [await logIn('alice'), await logIn('charlie'), openBrowser()];

  expect(await json(alice, '/api/session')).toMatchObject({
    person: { name: 'alice', isOperator: false },
    operator: false,
    login: true,
  });
  expect(Object.keys(await json(alice, '/api/me/quotas'))).toEqual(['host1|alice']);
  expect(await status(alice, '/api/quotas')).toBe(403);
  expect(await status(alice, '/api/events')).toBe(403);
  expect(await json(charlie, '/api/session')).toMatchObject({ operator: true });
  expect(Object.keys(await json(charlie, '/api/quotas'))).toEqual(['host1']);
  for (const path of ['/api/quotas', '/api/me', '/api/events']) expect(await status(stranger, path)).toBe(401);

  const raise = async (browser: Browser, from: string): Promise<number> => {
    const body = JSON.stringify({
      block_hard_limit: 900_000,
      block_soft_limit: 800_000,
      inode_hard_limit: 0,
      inode_soft_limit: 0,
    });
    const headers = { ...PROXIED, 'content-type': 'application/json', origin: from };
    const url = `${origin}/api/quotas/host1/users/1000?device=/dev/sda1`;
    return (await browser.send('PUT', url, body, headers)).status;
  };
  expect(await raise(alice, origin)).toBe(403);
  expect(await raise(charlie, 'https://evil.example')).toBe(403);
  expect(JSON.stringify(await json(alice, '/api/me/quotas'))).not.toContain('900000');
  expect(await raise(charlie, origin)).toBe(200);
  expect(JSON.stringify(await json(alice, '/api/me/quotas'))).toContain('"block_hard_limit":900000');
});

/** Every route as the agent describes it, its parameters filled in. */
async function routesOf(browser: Browser): Promise<readonly { method: string; path: string; role: string }[]> {
  const { paths } = (await json(browser, '/api/openapi.json')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { 'x-role': string }>>>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'x'),
      role: described['x-role'],
    })),
  );
}

test('a login opens what its role may, and another site may use none of it', async () => {
  const settings = `device: /dev/sda1\nhost_id: host1\nMOCK_QUOTA: true\ncentral: true\nregistry: ${folder}`;
  await (await open({ backend: 'host-quota', settings })).start();
  const [alice, charlie] = [await logIn('alice'), await logIn('charlie')];
  const routes = await routesOf(charlie);
  const operators = routes.filter(({ role }) => role === 'operator');
  const changing = routes.filter(({ method, role }) => method !== 'GET' && ['user', 'operator'].includes(role));
  expect([operators.length, changing.length].every((count) => count > 10)).toBe(true);
  const ask = async (browser: Browser, { method, path }: { method: string; path: string }, from: string) => {
    const headers = { ...PROXIED, 'content-type': 'application/json', origin: from };
    const answer = await (method === 'GET'
      ? browser.get(origin + path, headers)
      : browser.send(method, origin + path, '{}', headers));
    return `${answer.status} ${method} ${path}`;
  };
  for (const route of operators) expect(await ask(alice, route, origin)).toMatch(/^403 /);
  for (const route of changing) expect(await ask(charlie, route, 'https://evil.example')).toMatch(/^403 /);
  expect((await json(charlie, '/api/session')).person).toMatchObject({ name: 'charlie' });
});

test('an order appears live, step by step', async () => {
  const agent = await open();
  await ready(agent);
  const charlie = await logIn('charlie');
  const cookie = [...charlie.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const stop = new AbortController();
  const answer = await fetch(`${origin}/api/events`, { headers: { cookie, ...PROXIED }, signal: stop.signal });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = answer.body?.getReader();
  const order = await fulfilled(agent, { name: 'Live' });
  let text = '';
  while (!text.includes('"ending":"done"')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  stop.abort();
  expect(text).toContain('event: standing\ndata: {"name":"site","connected":true');
  const events = [...text.matchAll(/^event: journal\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  expect(events.every((event) => event.order === order.uuid)).toBe(true);
  expect(events.map(({ stage, action, call }) => stage ?? action ?? call)).toEqual([
    'read',
    'approve',
    'create-account',
    'set-backend-id',
    'issue-key',
    'set-metadata',
    'set-endpoints',
    'set-done',
    'ended',
  ]);
});

test('beyond this machine and without a login there are health and metrics only, and the start says so', async () => {
  site = await openSite({
    stomp: false,
    tune: (config) => ({ ...config, http: { host: '0.0.0.0', port: 0 } }),
  });
  await site.start();
  origin = `http://127.0.0.1:${site.port()}`;
  const stranger = openBrowser();
  expect(await status(stranger, '/healthz')).toBe(200);
  expect(await status(stranger, '/metrics')).toBe(200);
  for (const path of ['/v1/overview', '/api/session', '/api/events']) expect(await status(stranger, path)).toBe(401);
  expect(site.logs.join('\n')).toContain('web.login is not configured');
});
