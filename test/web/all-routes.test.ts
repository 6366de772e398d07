import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSite, type Site } from '../fakes/site.ts';

/** Everything that is served without a login and to everyone. Whoever adds a route here says why it tells nothing. */
const OPEN: readonly string[] = ['/api/health', '/healthz', '/metrics', '/readyz', '/remote-api/openapi.json'];
/** What is for people who may see the page, and tells nothing about anyone. */
const PAGE: readonly string[] = ['/', '/api/openapi.json', '/api/session'];
const isOfPage = (path: string): boolean => PAGE.includes(path) || /^\/(ui|auth)(\/|$)/.test(path);

interface Served {
  readonly method: string;
  readonly path: string;
  readonly role: string;
  readonly owner: string;
  readonly takesKeys: boolean;
}

const KEY = 'a key of the host that is long enough';
let site: Site;
let folder: string;
let served: readonly Served[];

/** An agent with a backend that serves everything it can. Other backends have no routes. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-routes-'));
  site = await openSite({
    backend: 'host-quota',
    settings: `device: /dev/sda1
host_id: host1
MOCK_QUOTA: true
central: true
registry: ${folder}
api_key: ${KEY}
api_keys: [{ name: charlie, role: admin, key: ${KEY} of charlie }, { name: alice, role: user, key: ${KEY} of alice }]
SLAVE_EVENT_SECRET: ${KEY} for events`,
  });
  await site.start();
  const description = (await (await fetch(`${base()}/api/openapi.json`)).json()) as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { tags: [string]; 'x-role': string; security: object[] }>>>
    >;
  };
  served = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { tags, security, ...rest }]) => ({
      method: method.toUpperCase(),
      path,
      role: rest['x-role'],
      owner: tags[0],
      takesKeys: security.some((way) => 'key' in way),
    })),
  );
});
afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true });
});

const base = (): string => `http://127.0.0.1:${site.port()}`;

/** The status of a route with its parameters filled in; `fetch` does not let a test say which host it means. */
function ask({ method, path }: Served, headers: Record<string, string> = {}): Promise<number> {
  const target = `${base()}${path.replaceAll(/\{\w+\}/g, 'x')}`;
  return new Promise((resolve, reject) => {
    const sent = request(target, { method, headers, agent: false }, (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    });
    sent.on('error', reject);
    sent.end();
  });
}

const those = (test: (route: Served) => boolean): readonly Served[] => served.filter(test);
const needsLogin = ({ role }: Served): boolean => role === 'user' || role === 'operator';

async function statuses(routes: readonly Served[], headers: Record<string, string>): Promise<readonly string[]> {
  const answers = await Promise.all(
    routes.map(async (route) => `${await ask(route, headers)} ${route.method} ${route.path}`),
  );
  return answers.sort();
}

test('routes of the agent and of a backend are served at all', () => {
  expect(those(({ owner }) => owner === 'agent').length).toBeGreaterThan(5);
  expect(those(({ owner, path }) => owner !== 'agent' && path.startsWith('/api/')).length).toBeGreaterThan(15);
  expect(those(({ path }) => path.startsWith('/remote-api/')).length).toBeGreaterThan(5);
});

test('every route names a role; those that need no login are listed here', () => {
  const open = those(({ role }) => role === 'public').map(({ path }) => path);
  expect(open.filter((path) => !OPEN.includes(path))).toEqual([]);
  const page = those(({ role }) => role === 'page').map(({ path }) => path);
  expect(page.filter((path) => !isOfPage(path))).toEqual([]);
  // Programs that show a key of their own, which the backend checks.
  const own = those(({ role }) => role === 'own').map(({ path }) => path);
  expect(own.filter((path) => !path.startsWith('/remote-api/') && path !== '/api/internal/slave-events')).toEqual([]);
});

test('what a backend checks itself is refused without its key', async () => {
  const own = those(({ role, path }) => role === 'own' && path !== '/remote-api/ping');
  const refused = await statuses(own, { 'x-api-key': 'wrong' });
  expect(refused.filter((line) => !/^(401|403) /.test(line))).toEqual([]);
});

describe('without a login, and not as an operator on this machine', () => {
  test.each([
    ['a web page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a name that a foreign DNS server may point here', { host: 'evil.example' }],
    ['a proxy in between', { 'x-forwarded-for': '203.0.113.9' }],
  ])('%s gets nothing', async (_, headers) => {
    const answered = await statuses(those(needsLogin), headers);
    expect(answered.filter((line) => !/^(401|403) /.test(line))).toEqual([]);
  });
});

describe('an operator on this machine needs no login', () => {
  test('for what the agent tells', async () => {
    const answered = await statuses(
      those(({ role, owner, method }) => role === 'operator' && owner === 'agent' && method === 'GET'),
      {},
    );
    expect(answered).not.toEqual([]);
    expect(answered.filter((line) => /^(401|403) /.test(line))).toEqual([]);
  });

  test('for what is about people of a host, a key is needed, and opens what its holder may see', async () => {
    const quotas = those(({ path, method }) => path === '/api/quotas' && method === 'GET')[0] as Served;
    const mine = those(({ path, method }) => path === '/api/me' && method === 'GET')[0] as Served;
    const shows = (name: string) => ({ authorization: `Bearer ${KEY} of ${name}` });
    expect(
      await Promise.all([ask(quotas, shows('charlie')), ask(quotas, shows('alice')), ask(mine, shows('alice'))]),
    ).toEqual([200, 403, 200]);
  });

  test('and without one there is nothing: people of the host can be on this machine themselves', async () => {
    const people = those(({ takesKeys }) => takesKeys);
    expect(people.length).toBeGreaterThan(10);
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const answered = await statuses(people, headers);
      expect(answered.filter((line) => !/^(401|403|429) /.test(line))).toEqual([]);
    }
  });
});

test('every answer has the headers that keep a browser from doing more with it', async () => {
  for (const path of ['/metrics', '/api/session', '/nothing', '/api/quotas', '/remote-api/ping']) {
    const { headers } = await fetch(`${base()}${path}`);
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy'), path).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('referrer-policy'), path).toMatch(/^(same-origin|no-referrer)$/);
    expect(headers.get('x-frame-options'), path).toBe('DENY');
    expect(headers.get('cross-origin-resource-policy'), path).toBe('same-origin');
    expect(headers.get('access-control-allow-origin'), path).toBeNull();
  }
});

test('no answer holds a secret of the configuration', async () => {
  const secrets = [KEY, site.sandbox.token('provider-owner')];
  const routes = those(({ method, path }) => method === 'GET' && path !== '/api/events');
  for (const { path } of routes) {
    for (const headers of [{}, { authorization: `Bearer ${KEY} of charlie` }, { 'x-api-key': KEY }] as const) {
      const answer = await fetch(`${base()}${path.replaceAll(/\{\w+\}/g, 'host1')}`, { headers: { ...headers } });
      const text = `${await answer.text()} ${JSON.stringify([...answer.headers])}`;
      for (const secret of secrets) expect(text, path).not.toContain(secret);
    }
  }
});
