import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openSite, type Site } from '../fakes/site.ts';
import { type Looker, look, openBrowser } from './page/browser.ts';

/** The pages for operators in a real browser: an agent, an embedded Waldur and a directory of buckets. */
let browser: Browser;
let site: Site;
let looker: Looker | undefined;
const HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>"\'>{{7*7}}';

beforeAll(async () => {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  browser = await openBrowser();
  site = await openSite({ pageFolder: 'dist/page' });
  await site.start();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await site.close();
});

async function open(path: string, options: Parameters<typeof look>[2] = {}): Promise<Looker> {
  looker = await look(browser, `http://127.0.0.1:${site.port()}/${path}`, options);
  return looker;
}

afterEach(async () => {
  await looker?.close();
  looker = undefined;
});

test('an order appears while the page is open, and finishes before the eyes of the operator', async () => {
  const { page, complaints, foreign } = await open('ui/orders');
  await page.getByText('No order yet').waitFor();
  const order = site.sandbox.placeOrder({ attributes: { name: 'reads' } });
  const line = page.getByRole('row', { name: /reads/ });
  await line.waitFor();
  await line.getByText('done').waitFor();
  expect(site.sandbox.store.orders.get(order.uuid)?.state).toBe('done');
  await line.getByRole('link').click();
  await page.getByText('create-account').first().waitFor();
  await page.getByText('issue-key').first().waitFor();
  await page.getByRole('link', { name: 'reads' }).click();
  await page.getByRole('heading', { name: 'reads' }).waitFor();
  await page.locator('.usage-text', { hasText: '0 B of 100 GiB' }).waitFor();
  expect(complaints).toEqual([]);
  expect(foreign).toEqual([]);
});

test('no secret of any account or server is in anything the agent answers', async () => {
  const [resource] = site.sandbox.store.resources.all();
  const credentials = resource?.backendMetadata['s3_credentials'] as { secret_key?: string; access_key?: string };
  const secrets = [credentials.secret_key, site.sandbox.token('provider-owner')];
  expect(secrets.every((secret) => secret !== undefined && secret.length > 10)).toBe(true);
  const paths = ['overview', 'orders', 'resources', 'plan', 'dry-report', 'health', `resources/${resource?.uuid}`];
  for (const path of paths) {
    const answer = await (await fetch(`http://127.0.0.1:${site.port()}/v1/${path}`)).text();
    for (const secret of secrets) expect(answer, path).not.toContain(secret);
  }
  const shown = await (await fetch(`http://127.0.0.1:${site.port()}/v1/resources/${resource?.uuid}`)).text();
  expect(shown).toContain(credentials.access_key);
});

describe('names of consumers are text', () => {
  test.each(['orders', 'resources', 'report'])('on the page %s', async (path) => {
    site.sandbox.placeOrder({ attributes: { name: HOSTILE } });
    const { page, complaints } = await open(`ui/${path}`);
    await page.getByText(HOSTILE).first().waitFor();
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

test('a German browser gets German, and who chooses English keeps it', async () => {
  const { page } = await open('ui/overview', { language: 'de-AT' });
  await page.getByRole('heading', { name: 'Übersicht' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});

test('sizes are shown in the units that a person chose', async () => {
  const { page } = await open('ui/resources');
  await page.locator('.usage-text', { hasText: 'of 100 GiB' }).first().waitFor();
  await page.getByLabel('Units of size').selectOption('decimal');
  await page.locator('.usage-text', { hasText: 'of 107 GB' }).first().waitFor();
});

test('the keyboard alone reaches the content, the menu and the buttons', async () => {
  const { page } = await open('ui/overview', { width: 360 });
  await page.getByRole('button', { name: 'Check now' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Started.').waitFor();
  const menu = page.getByRole('button', { name: 'Menu' });
  await menu.press('Enter');
  await page.getByRole('link', { name: 'Health' }).press('Enter');
  await page.getByRole('heading', { name: 'Health' }).waitFor();
  expect(await menu.getAttribute('aria-expanded')).toBe('false');
});

test('what a person asks for is in the journal', async () => {
  const { page } = await open('ui/overview');
  await page.getByRole('button', { name: 'Report now' }).click();
  await page.getByText('Started.').waitFor();
  await page.getByText(/1 reported|[1-9] reported/).waitFor();
});

test('an unknown page, order or resource says so', async () => {
  const { page } = await open('ui/nothing');
  await page.getByText('There is no such page.').waitFor();
  await page.goto(`http://127.0.0.1:${site.port()}/ui/orders/${'0'.repeat(32)}`);
  await page.getByText('The agent does not know it').waitFor();
});
