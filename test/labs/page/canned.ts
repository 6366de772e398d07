import type { Browser, Page, Route } from 'playwright-core';
import * as answers from './answers.ts';
import * as quotaAnswers from './quota-answers.ts';

/** What the page asks an agent for, by path: the same answers at every run. */
export const ANSWERS: Readonly<Record<string, unknown>> = {
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

/** Every page: its name, and its path below `/ui`. */
export const PAGES = [
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

export interface CannedOptions {
  readonly width: number;
  readonly theme: 'light' | 'dark';
  readonly scale: number;
  /** What is made of each answer. */
  readonly change?: (answer: unknown) => unknown;
}

/** A browser's page that gets these answers instead of an agent's. Light is in English, dark in German. */
export async function openCanned(browser: Browser, options: CannedOptions): Promise<Page> {
  const { width, theme, scale, change = (answer) => answer } = options;
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
  await page.route(/\/(v1|api)\//, (route) => answer(route, change));
  return page;
}

async function answer(route: Route, change: (answer: unknown) => unknown): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const found = ANSWERS[pathname];
  if (pathname === '/api/quotas/host9') await route.fulfill({ status: 502, json: change(quotaAnswers.DEAD) });
  else if (found === undefined) await route.fulfill({ status: 404, body: 'not found' });
  else await route.fulfill({ json: change(found) });
}

/** Opens a page and waits until everything is on it. */
export async function show(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready');
}
