import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../fakes/site.ts';
import * as answers from './page/answers.ts';
import { openBrowser } from './page/browser.ts';
import { openCanned, show } from './page/canned.ts';

/** How much a browser loads and makes. */
const FIRST_VIEW_BYTES = 250 * 1024;
const ROWS = 10_000;

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

const at = (path: string): string => `http://127.0.0.1:${site.port()}/ui/${path}`;

test('the first view is at most 250 KB, as it is sent', async () => {
  const page = await openCanned(browser, { width: 1440, theme: 'light', scale: 1 });
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith('/ui')) sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await show(page, at('overview'));
  await page.waitForLoadState('networkidle');
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.context().close();
  // Less than half of it could only be a page that is not there.
  expect(bytes).toBeGreaterThan(FIRST_VIEW_BYTES / 4);
  expect(bytes).toBeLessThanOrEqual(FIRST_VIEW_BYTES);
});

test('of 10,000 resources only the rows in sight are made, and every one can be reached', async () => {
  const [line] = answers.resources.resources;
  const resources = Array.from({ length: ROWS }, (_, index) => {
    const uuid = String(index).padStart(32, '0');
    return { ...line, uuid, name: `bucket ${String(index).padStart(5, '0')}` };
  });
  const change = (answer: unknown): unknown =>
    answer === answers.resources ? { ...answers.resources, resources } : answer;
  const page = await openCanned(browser, { width: 1440, theme: 'light', scale: 1, change });
  await show(page, at('resources?sort=name'));
  await page.getByText('bucket 00000').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.locator('.table-body').focus();
  await page.keyboard.press('End');
  await page.getByText('bucket 09999').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.getByLabel('Search').fill('bucket 0123');
  await page.getByText('bucket 01234').waitFor();
  expect(await page.getByRole('row').count()).toBe(11);
  await page.context().close();
});
