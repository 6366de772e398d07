import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { barriersOf } from './page/axe.ts';
import { type Looker, type LookOptions, look, openBrowser } from './page/browser.ts';
import { HOSTILE, openQuotaSite, type QuotaSite } from './page/quota-site.ts';

/** The pages of storage hosts in a real browser, over hosts that are asked through their remote API. */
let browser: Browser;
let site: QuotaSite;
const lookers: Looker[] = [];
const states: Partial<Record<Person, LookOptions['state']>> = {};

type Person = 'alice' | 'charlie';

beforeAll(async () => {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  browser = await openBrowser();
  site = await openQuotaSite('dist/page');
  for (const person of ['alice', 'charlie'] as const) states[person] = await logIn(person);
}, 90_000);

/** As a person does it: the button on the page, the choice at the login server, and back. */
async function logIn(person: Person): Promise<LookOptions['state']> {
  const { page, close } = await look(browser, `${site.url}/ui/mappings`);
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByRole('link', { name: new RegExp(person, 'i') }).click();
  await page.getByText(`Logged in as ${person}`).waitFor();
  await page.getByRole('heading', { name: 'Your accounts' }).waitFor();
  const state = await page.context().storageState();
  await close();
  return state;
}

afterAll(async () => {
  await browser.close();
  await site.close();
});

afterEach(async () => {
  for (const looker of lookers.splice(0)) await looker.close();
});

async function open(who: Person, path: string, options: LookOptions = {}): Promise<Looker> {
  const looker = await look(browser, `${site.url}/ui/${path}`, { ...options, state: states[who] });
  lookers.push(looker);
  return looker;
}

test('alice sees her own quotas and no other, and charlie raises her limit before her eyes', async () => {
  const alice = await open('alice', 'mine');
  await alice.page.getByRole('heading', { name: 'alice on host1' }).waitFor();
  const space = alice.page.getByRole('region', { name: '/dev/sda1 on host1' }).locator('.usage-text').first();
  await expect.poll(() => space.textContent()).toMatch(/of 488 MiB/);
  expect(await alice.page.getByText(/bob|charlie|diana/).count()).toBe(0);
  expect((await alice.page.request.get(`${site.url}/api/quotas`)).status()).toBe(403);
  expect(await alice.page.getByRole('link', { name: 'Hosts' }).count()).toBe(0);

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

test('charlie says whose a volume of Docker is, and it counts for alice at once', async () => {
  const { page, complaints } = await open('charlie', 'docker');
  const queue = page.getByRole('region', { name: 'host4' });
  const cache = queue.getByRole('listitem').filter({ hasText: 'cache' });
  await queue.getByText('label-names-no-user').first().waitFor();
  // Another host answers with something else.
  await page.getByRole('region', { name: 'big' }).getByText('something else').waitFor();
  expect(await barriersOf(page)).toEqual([]);
  await cache.getByLabel('User of the host').fill('alice');
  await cache.getByRole('button', { name: 'Assign' }).click();
  await expect.poll(() => cache.count()).toBe(0);
  expect(await queue.getByText('label-names-no-user').count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  const alice = await open('alice', 'mine');
  const space = alice.page.getByRole('region', { name: 'docker on host4' }).locator('.usage-text').first();
  await expect.poll(() => space.textContent()).toMatch(/6 GiB of 10 GiB/);
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
  const asking = await open('alice', 'mappings');
  await asking.page.getByLabel('Host', { exact: true }).fill('host3');
  await asking.page.getByLabel('User of the host').fill('alice');
  await asking.page.getByRole('button', { name: 'Ask for an account' }).click();
  await asking.page.getByText('An administrator has to approve it.').waitFor();
  const { page } = await open('charlie', 'mappings');
  const all = page.getByRole('region', { name: 'Everyone’s accounts' });
  const line = all.getByRole('listitem').filter({ hasText: 'alice on host3' });
  await line.getByText('waits for approval').waitFor();
  await line.getByRole('button', { name: 'Approve' }).click();
  await line.getByText('approved').waitFor();
  const alice = await open('alice', 'mine');
  await alice.page.getByRole('heading', { name: 'alice on host3' }).waitFor();
});

test('who logs out is out, and a page that needs a login says so', async () => {
  const { page } = await open('alice', 'mine');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Log in' }).waitFor();
  expect((await page.request.get(`${site.url}/api/me/quotas`)).status()).toBe(401);
  await page.goto(`${site.url}/ui/mine`);
  await page.getByText('Please log in to see this page.').waitFor();
});
