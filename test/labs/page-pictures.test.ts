import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSite, type Site } from '../fakes/site.ts';
import * as answers from './page/answers.ts';
import { barriersOf } from './page/axe.ts';
import { openBrowser } from './page/browser.ts';
import { differenceTo } from './page/compare.ts';
import * as quotaAnswers from './page/quota-answers.ts';

/** Every page as it looks, beside kept pictures: with answers that are the same at every run, on a phone and on a wide screen. */
let browser: Browser;
let site: Site;

beforeAll(async () => {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  browser = await openBrowser();
  site = await openSite({ pageFolder: 'dist/page', stomp: false });
  await site.start();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await site.close();
});

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/v1/overview': answers.overview,
  '/v1/orders': answers.orders,
  [`/v1/orders/${answers.order.order}`]: answers.order,
  '/v1/resources': answers.resources,
  [`/v1/resources/${answers.resource.uuid}`]: answers.resource,
  '/v1/plan': answers.plan,
  '/v1/dry-report': answers.dryReport,
  '/v1/health': answers.checks,
  '/api/session': { person: { name: 'charlie', isOperator: true }, operator: true, login: true },
  '/api/health': { status: 'ok' },
  '/api/me/quotas': quotaAnswers.mine,
  '/api/me/mappings': quotaAnswers.mappings.slice(0, 1),
  '/api/hosts': quotaAnswers.hosts,
  '/api/quotas/host1': quotaAnswers.devices['host1'],
  '/api/quotas/host4': quotaAnswers.devices['host4'],
  '/api/hosts/ping': quotaAnswers.ping,
  '/api/quotas/host1/default-quota': quotaAnswers.defaults,
  '/api/admin/mappings': quotaAnswers.mappings,
  '/api/admin/notifications': quotaAnswers.notifications,
  '/api/admin/docker/usage/review-queue': quotaAnswers.review,
};

const PAGES = [
  ['overview', 'overview'],
  ['orders', 'orders'],
  ['order', `orders/${answers.order.order}`],
  ['resources', 'resources'],
  ['resource', `resources/${answers.resource.uuid}`],
  ['plan', 'plan'],
  ['report', 'report'],
  ['health', 'health'],
  ['mine', 'mine'],
  ['hosts', 'hosts'],
  ['device', 'device?host=host1&device=%2Fdev%2Fsda1'],
  ['defaults', 'defaults'],
  ['docker', 'docker'],
  ['notifications', 'notifications'],
  ['mappings', 'mappings'],
] as const;

async function answer(route: Route): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const found = ANSWERS[pathname];
  if (pathname === '/api/quotas/host9') await route.fulfill({ status: 502, json: quotaAnswers.DEAD });
  else if (found === undefined) await route.fulfill({ status: 404, body: 'not found' });
  else await route.fulfill({ json: found });
}

async function openPage(width: number, theme: 'light' | 'dark', scale: number): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 780 : 900 },
    deviceScaleFactor: scale,
    colorScheme: theme,
    locale: theme === 'dark' ? 'de-DE' : 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.clock.setFixedTime(answers.AT);
  await page.route(/\/(v1|api)\//, answer);
  return page;
}

async function show(page: Page, path: string): Promise<void> {
  await page.goto(`http://127.0.0.1:${site.port()}/ui/${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready');
}

describe.each([
  ['light', 1440, 0.4],
  ['dark', 360, 0.6],
] as const)('%s at %i px', (theme, width, scale) => {
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    page = await openPage(width, theme, scale);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
  });
  afterAll(() => page.context().close());

  test.each(PAGES)('%s looks as it did, and bars nobody', async (name, path) => {
    await show(page, path);
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(differenceTo(`test/labs/page/pictures/${name}-${width}.png`, picture)).toBe('');
    expect(await barriersOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
  });
});

test('the pictures of the README are made of these answers', async () => {
  mkdirSync('docs/images', { recursive: true });
  for (const [name, path, theme] of [
    ['overview', 'overview', 'light'],
    ['quotas', 'mine', 'dark'],
  ] as const) {
    const page = await openPage(1000, theme, 1);
    await page.setViewportSize({ width: 1000, height: 620 });
    await show(page, path);
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(differenceTo(`docs/images/page-${name}.png`, picture)).toBe('');
    await page.context().close();
  }
});
