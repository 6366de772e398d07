import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barriersOf } from './page/axe.ts';
import { PAGES, show } from './page/canned.ts';
import { type CannedSite, openCannedSite } from './page/canned-site.ts';
import { differenceTo } from './page/compare.ts';

/** Every page as it looks, beside kept pictures: with answers that are the same at every run, on a phone and on a wide screen. */
let site: CannedSite;

beforeAll(async () => {
  site = await openCannedSite();
}, 60_000);

afterAll(() => site.close());

describe.each([
  ['light', 1440, 0.4],
  ['dark', 360, 0.6],
] as const)('%s at %i px', (theme, width, scale) => {
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    page = await site.open({ width, theme, scale });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
  });
  afterAll(() => page.context().close());

  test.each(PAGES)('%s looks as it did, and bars no one', async (name, path) => {
    await show(page, site.at(path));
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
    const page = await site.open({ width: 1000, theme, scale: 1 });
    await page.setViewportSize({ width: 1000, height: 620 });
    await show(page, site.at(path));
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(differenceTo(`docs/images/page-${name}.png`, picture)).toBe('');
    await page.context().close();
  }
});
