import { afterAll, beforeAll, expect, test } from 'vitest';
import * as answers from './page/answers.ts';
import { show } from './page/canned.ts';
import { type CannedSite, openCannedSite } from './page/canned-site.ts';

/** How much a browser loads and makes. */
const FIRST_VIEW_BYTES = 250 * 1024;
const ROWS = 10_000;

let site: CannedSite;

beforeAll(async () => {
  site = await openCannedSite();
}, 60_000);
afterAll(() => site.close());

test('the first view is at most 250 KB, as it is sent', async () => {
  const page = await site.open({ width: 1440, theme: 'light', scale: 1 });
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith('/ui')) sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await show(page, site.at('overview'));
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
  const page = await site.open({ width: 1440, theme: 'light', scale: 1, change });
  await show(page, site.at('resources?sort=name'));
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
