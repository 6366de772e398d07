import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { show } from './page/canned.ts';
import { type CannedSite, openCannedSite } from './page/canned-site.ts';

/** What forms send, in a real browser; the answers are made up. */
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

let site: CannedSite;
let page: Page;
const sent: Sent[] = [];

beforeAll(async () => {
  site = await openCannedSite();
}, 60_000);
afterAll(() => site.close());
afterEach(() => page.context().close());

async function open(path: string): Promise<void> {
  sent.length = 0;
  page = await site.open({ width: 1440, theme: 'light', scale: 1 });
  await page.route(/\/(v1|api)\//, async (route) => {
    const request = route.request();
    if (request.method() === 'GET') return route.fallback();
    const { pathname, search } = new URL(request.url());
    sent.push({ method: request.method(), path: pathname + search, body: request.postDataJSON() });
    return route.fulfill({ json: {} });
  });
  await show(page, site.at(path));
}

test('a container is assigned to the user that a person names, with the evidence before their eyes', async () => {
  await open('docker');
  const item = page.getByRole('listitem').filter({ hasText: 'trainer' });
  await item.getByText('docker run --label qman.user=bob busybox').waitFor();
  await item.getByText('the audit log says that alice created it').waitFor();
  await item.getByLabel('User of the host').fill('alice');
  await item.getByRole('button', { name: 'Assign' }).click();
  await expect
    .poll(() => sent)
    .toEqual([
      {
        method: 'POST',
        path: '/api/admin/docker/usage/attribute?host_id=host4',
        body: { kind: 'container', id: 'a1b2c3d4e5f60718', host_user_name: 'alice' },
      },
    ]);
});

test('limits of many users are set at once, and only after both values of each were shown', async () => {
  await open('device?host=host1&device=%2Fdev%2Fsda1');
  await page.getByLabel('Select alice', { exact: true }).check();
  await page.getByLabel('Select bob', { exact: true }).check();
  await page.getByRole('button', { name: 'Change limits' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Space: hard limit in GiB').fill('2');
  await dialog.getByRole('button', { name: 'Check the change' }).click();
  for (const name of ['alice', 'bob']) {
    const row = dialog.getByRole('row', { name: new RegExp(name) });
    await row.getByText('500 MiB').waitFor();
    await row.getByText('2 GiB').waitFor();
  }
  expect(sent).toEqual([]);
  await dialog.getByRole('button', { name: 'Set the limits' }).click();
  await dialog.getByText('2 changed.').waitFor();
  expect(sent.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'PUT /api/quotas/host1/users/1000?device=%2Fdev%2Fsda1',
    'PUT /api/quotas/host1/users/1001?device=%2Fdev%2Fsda1',
  ]);
  for (const { body } of sent) expect(body).toMatchObject({ block_hard_limit: 2 * 1024 * 1024 });
});
