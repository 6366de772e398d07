import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../plugins/ironbucket-local/test/gateway/lab.ts';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { createReleasers } from '../../src/lib/releasers.ts';
import { startSandboxLogin } from '../../src/sandbox/login/login-server.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { documentedNginx, startNginx } from './nginx.ts';
import { type Looker, look, openBrowser } from './page/browser.ts';

/** The page below a path of a real nginx, with the configuration of the documentation, and with one that takes the path away. */
const releasers = createReleasers();
let browser: Browser;

beforeAll(async () => {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  browser = await openBrowser();
  releasers.add(() => browser.close());
}, 60_000);
afterAll(() => releasers.release());

interface Proxied {
  readonly site: Site;
  /** Of the agent, as browsers see it. */
  readonly home: string;
}

/** @param target what nginx is told after the address of the agent */
async function openProxied(target: '' | '/'): Promise<Proxied> {
  const login = await startSandboxLogin();
  releasers.add(() => login.close());
  const [port, ours] = [await freePort(Math.random), await freePort(Math.random)];
  const home = `http://127.0.0.1:${port}/storage`;
  const site = await openSite({
    pageFolder: 'dist/page',
    agent: `web:
  public_url: ${home}
  login: { issuer: "${login.issuer}", client_id: ${login.clientId}, role_claim: groups, admins: [storage-operators] }
`,
    tune: (config) => ({ ...config, http: { ...config.http, port: ours } }),
  });
  releasers.add(() => site.close());
  await site.start();
  const documented = documentedNginx(await readFile('docs/operations.md', 'utf8'));
  const location = documented.replace('http://127.0.0.1:9464;', `http://127.0.0.1:${ours}${target};`);
  const nginx = await startNginx([{ port, location }]);
  releasers.add(() => nginx.close());
  // The limit of the hook ends what never comes.
  await waitFor(async () => (await statusOf(`${home}/healthz`)) === 200);
  return { site, home };
}

const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

/** Paths that the browser asks the agent for. */
function pathsOf(page: Page, home: string): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === new URL(home).origin) paths.push(url.pathname);
  });
  return paths;
}

/** What `listen` leaves in the browser. */
type Listening = typeof globalThis & { firstEvent?: Promise<string> };

/**
 * In the browser: resolves when the events of the journal are listened to; `firstEvent` is the data of the first one. The
 * page also asks again from time to time; this does not.
 */
function listen(url: string): Promise<void> {
  const source = new EventSource(url);
  (globalThis as Listening).firstEvent = new Promise((resolve) => {
    source.addEventListener('journal', (event) => {
      source.close();
      resolve(String((event as MessageEvent).data));
    });
  });
  return new Promise((resolve) => source.addEventListener('open', () => resolve(), { once: true }));
}

describe.each([
  ['hands the path on', ''],
  ['takes the path away', '/'],
] as const)('behind nginx that %s', (_, target) => {
  let proxied: Proxied;
  let looker: Looker;
  beforeAll(async () => {
    proxied = await openProxied(target);
    looker = await look(browser, `${proxied.home}/ui/plan?upkeep=1`);
  });
  afterAll(() => looker.close());

  test('nothing is told without a login, though nginx is on this machine', async () => {
    const statuses = await Promise.all(
      ['/v1/overview', '/api/events', '/v1/resources'].map((path) => statusOf(proxied.home + path)),
    );
    expect(statuses).toEqual([401, 401, 401]);
  });

  test('a login goes through, and comes back to the page that was asked for', async () => {
    const { page } = looker;
    await page.getByRole('link', { name: 'Log in' }).first().click();
    await page.getByRole('link', { name: /charlie/i }).click();
    await page.getByText('Logged in as charlie').waitFor();
    expect(page.url()).toBe(`${proxied.home}/ui/plan?upkeep=1`);
    const cookies = await page.context().cookies();
    expect(cookies.filter(({ name }) => name === 'agent-session')).toMatchObject([
      { path: '/storage', httpOnly: true, sameSite: 'Strict' },
    ]);
  });

  test('an order appears and finishes live: nginx holds no event back', async () => {
    const { page } = looker;
    await page.getByRole('link', { name: 'Orders' }).click();
    await page.getByText('No order yet').waitFor();
    await page.evaluate(listen, `${proxied.home}/api/events`);
    proxied.site.sandbox.placeOrder({ attributes: { name: 'reads' } });
    const line = page.getByRole('row', { name: /reads/ });
    await line.getByText('done').waitFor();
    const heard = await page.evaluate(() => (globalThis as Listening).firstEvent ?? '');
    expect(JSON.parse(heard)).toMatchObject({ kind: 'order', stage: 'read', name: 'reads' });
    await line.getByRole('link').click();
    await page.getByText('create-account').first().waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/storage\/ui\/orders\/[0-9a-f]{32}$/);
  });

  test('a deep link shows its page at once, and asks for nothing outside of the path', async () => {
    const { page, complaints } = looker;
    const paths = pathsOf(page, proxied.home);
    await page.goto(page.url());
    await page.getByText('create-account').first().waitFor();
    // The page opens it after it was drawn.
    await waitFor(() => paths.includes('/storage/api/events'));
    expect(paths.filter((path) => !path.startsWith('/storage/'))).toEqual([]);
    expect(paths.some((path) => /^\/storage\/ui\/assets\/.+\.js$/.test(path))).toBe(true);
    await page.goto(`${proxied.home}/`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(page.url()).toMatch(new RegExp(`^${proxied.home}/ui`));
    expect(complaints).toEqual([]);
  });

  test('a button of an operator works, and a logout ends the session', async () => {
    const { page } = looker;
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByText('Started.').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('link', { name: 'Log in' }).first().waitFor();
    expect((await page.request.get(`${proxied.home}/v1/overview`)).status()).toBe(401);
  });
});
