import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { barriersOf } from './page/axe.ts';
import { type Looker, look, openBrowser } from './page/browser.ts';
import { HOSTILE, openQuotaSite, type QuotaSite } from './page/quota-site.ts';

/** The pages of storage hosts in a real browser, over hosts that are asked through their remote API. */
let browser: Browser;
let site: QuotaSite;
const lookers: Looker[] = [];

beforeAll(async () => {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  browser = await openBrowser();
  site = await openQuotaSite('dist/page');
}, 60_000);

afterAll(async () => {
  await browser.close();
  await site.close();
});

afterEach(async () => {
  for (const looker of lookers.splice(0)) await looker.close();
});

async function open(who: keyof QuotaSite['keys'], path: string, options: Parameters<typeof look>[2] = {}) {
  const looker = await look(browser, `${site.url}/ui/${path}`, { ...options, bearer: site.keys[who] });
  lookers.push(looker);
  return looker;
}

test('alice sees her own quotas and nobody else’s, and charlie raises her limit before her eyes', async () => {
  const alice = await open('alice', 'mine');
  await alice.page.getByRole('heading', { name: 'alice on host1' }).waitFor();
  const space = alice.page.getByRole('region', { name: '/dev/sda1 on host1' }).locator('.usage-text').first();
  await expect.poll(() => space.textContent()).toMatch(/of 488 MiB/);
  expect(await alice.page.getByText(/bob|charlie|diana/).count()).toBe(0);
  expect((await fetch(`${site.url}/api/quotas`, { headers: bearer('alice') })).status).toBe(403);

  const charlie = await open('charlie', 'device?host=host1&device=%2Fdev%2Fsda1');
  await charlie.page.getByLabel('Select alice').check();
  await charlie.page.getByRole('button', { name: 'Change limits' }).click();
  const dialog = charlie.page.getByRole('dialog');
  await dialog.getByLabel('Space: hard limit in GiB').fill('2');
  expect(await barriersOf(charlie.page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Check the change' }).click();
  await dialog.getByRole('row', { name: /alice/ }).getByText('2 GiB').waitFor();
  expect(await barriersOf(charlie.page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Set the limits' }).click();
  await dialog.getByText('1 changed.').waitFor();

  await alice.page.reload();
  await expect.poll(() => space.textContent()).toMatch(/of 2 GiB/);
});

test('a limit that cannot be is refused before anything is sent', async () => {
  const { page } = await open('charlie', 'device?host=host1&device=%2Fdev%2Fsda1');
  await page.getByLabel('Select bob').check();
  await page.getByRole('button', { name: 'Change limits' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Space: soft limit in GiB').fill('900');
  await dialog.getByRole('button', { name: 'Check the change' }).click();
  await dialog.getByText('The soft limit may not be above the hard limit.').waitFor();
  await dialog.getByLabel('Space: soft limit in GiB').fill('-1');
  await dialog.getByRole('button', { name: 'Check the change' }).click();
  await dialog.getByText('A number, not negative.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('a dead host is shown dead, and the others work', async () => {
  const { page } = await open('charlie', 'hosts');
  const dead = page.getByRole('region', { name: 'dead' });
  await dead.getByText('does not answer').waitFor();
  const other = page.getByRole('region', { name: 'host2' });
  await other.getByText(/answers in/).waitFor();
  await other.getByRole('link', { name: 'tank/home' }).click();
  await page.getByRole('heading', { name: 'tank/home on host2' }).waitFor();
  await page.getByRole('cell', { name: 'bob', exact: true }).waitFor();
  expect(await page.getByRole('columnheader', { name: 'Files' }).count()).toBe(0);
});

test('a device of 5,000 users stays responsive: only what is in sight is made, and a key press is answered at once', async () => {
  const { page } = await open('charlie', 'device?host=big&device=%2Fdev%2Fsdz1');
  await page.getByText('5,000 of 5,000').waitFor();
  const [first] = await page.getByRole('row').nth(1).allTextContents();
  expect(first).toContain('user4999');
  expect(await page.getByRole('row').count()).toBeLessThan(40);
  await page.getByLabel('Search').fill('user123');
  await page.getByText('10 of 5,000').waitFor();
  expect(await page.getByRole('row').count()).toBe(11);
  await page.getByLabel('Search').fill('');
  await page.getByLabel('Select all that are shown').check();
  await page.getByText('5000 selected').waitFor();
  await page.locator('.table-body').focus();
  await page.keyboard.press('End');
  await page.getByText('user0000').waitFor();
});

describe('what others may write is text', () => {
  test.each([
    ['device?host=big&device=%2Fdev%2Fsdz1&sort=name', HOSTILE],
    ['mappings', HOSTILE],
  ])('on %s', async (path, text) => {
    const { page, complaints } = await open('charlie', path);
    await page.getByText(text).first().waitFor();
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

test('the default limits of a device are set', async () => {
  const { page } = await open('charlie', 'defaults?host=host1&device=%2Fdev%2Fsdb1');
  await page.getByText('No default limits').waitFor();
  await page.getByLabel('Space: hard limit in GiB').fill('10');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The default limits are set.').waitFor();
  await page.getByText('no limit / 10 GiB').waitFor();
});

test('alice asks for an account, and has it when charlie approves', async () => {
  const ask = { host_id: 'host3', host_user_name: 'alice' };
  const headers = { ...bearer('alice'), 'content-type': 'application/json' };
  await fetch(`${site.url}/api/me/mappings`, { method: 'POST', headers, body: JSON.stringify(ask) });
  const { page } = await open('charlie', 'mappings');
  const line = page.getByRole('listitem').filter({ hasText: 'alice on host3' });
  await line.getByText('waits for approval').waitFor();
  await line.getByRole('button', { name: 'Approve' }).click();
  await line.getByText('approved').waitFor();
  const alice = await open('alice', 'mine');
  await alice.page.getByRole('heading', { name: 'alice on host3' }).waitFor();
});

function bearer(who: keyof QuotaSite['keys']): { authorization: string } {
  return { authorization: `Bearer ${site.keys[who]}` };
}
