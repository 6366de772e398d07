import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PAGES, show } from './page/canned.ts';
import { type CannedSite, openCannedSite } from './page/canned-site.ts';

/** Every page with texts that others may write: names, labels of containers, images, commands, errors. */
const MARKUP = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>"\'>{{7*7}}${window.hit=1}';
/** Turns what follows around, and what a terminal would obey. */
const UNSEEN = '\u202egpj.\u202c\u2067exe\u2069\u0007\u009b31m\u0000\u2028';
const LONG = 'x'.repeat(300);
const HOSTILE = `${MARKUP}${UNSEEN}${LONG}`;
/** Keys of the answers whose values others write, or quote. */
const WRITTEN: ReadonlySet<string> = new Set(
  `name offeringName account customer project message hint text detail details label conflict reason msg error
   host_user_name oauth_user_name device_name resource_name component unit path access_key what version
   mount_points fstype event_type image proof`.split(/\s+/),
);

let site: CannedSite;
let page: Page | undefined;

beforeAll(async () => {
  site = await openCannedSite();
}, 60_000);
afterAll(() => site.close());
afterEach(async () => {
  await page?.context().close();
  page = undefined;
});

/** The answer with every text that others write followed by the hostile one; devices are found by their name. */
function spoiled(value: unknown, isWritten = false): unknown {
  if (typeof value === 'string') return isWritten && !value.startsWith('/dev/') ? `${value}${HOSTILE}` : value;
  if (Array.isArray(value)) return value.map((item) => spoiled(item, isWritten));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, spoiled(item, isWritten || WRITTEN.has(key))]);
  return Object.fromEntries(entries);
}

describe.each([
  ['light', 1440],
  ['dark', 360],
] as const)('%s at %i px', (theme, width) => {
  test.each(PAGES)('%s shows it as text', async (_, path) => {
    const opened = await site.open({ width, theme, scale: 1, change: (answer) => spoiled(answer) });
    page = opened;
    const complaints: string[] = [];
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('console', (message) => {
      if (/Content Security Policy|Warning:/.test(message.text())) complaints.push(message.text());
    });
    await show(opened, site.at(path));
    await opened.getByText(MARKUP).first().waitFor({ state: 'attached' });
    expect(await opened.evaluate('window.hit')).toBeUndefined();
    expect(await opened.locator('img, iframe, object, [onerror], a[href^="javascript"]').count()).toBe(0);
    expect(await opened.locator('#page script').count()).toBe(0);
    const text = await opened.locator('body').textContent();
    expect(text).toContain('\\u202egpj.');
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0080-\u009f]/);
    expect(await opened.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
  });
});

test('a page that cannot be drawn says so, and the others work', async () => {
  const change = (answer: unknown) => JSON.parse(JSON.stringify(answer).replace(/"from":"20[^"]*"/g, '"from":"never"'));
  const opened = await site.open({ width: 1440, theme: 'light', scale: 1, change });
  page = opened;
  await opened.goto(site.at('overview'));
  await opened.getByRole('heading', { name: 'This page could not be drawn' }).waitFor();
  await opened.getByRole('link', { name: 'Resources' }).click();
  await opened.getByRole('heading', { name: 'Resources' }).waitFor();
  await opened.getByRole('row', { name: /reads/ }).first().waitFor();
});
