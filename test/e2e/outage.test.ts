import { mkdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Site, SiteOptions } from '../fakes/site.ts';
import {
  accountsOf,
  bucketsOf,
  expectWorking,
  fulfilled,
  GIB,
  HASTY,
  limitOf,
  reach,
  ready,
  settled,
  soon,
  withSite,
} from './helpers.ts';

const WAITING = 'The storage is not available at the moment. The order is kept and tried again.';

/** A site whose consumers can be told what is being waited for, with one bucket. */
async function withMessages(site: Site): Promise<string> {
  const offering = site.sandbox.store.offerings.get(FIXTURE.limit);
  if (offering !== undefined) offering.pluginOptions = { enable_provider_consumer_messaging: true };
  await ready(site);
  return (await fulfilled(site, { limits: { storage: 5 } })).resource.uuid;
}

async function readyz(site: Site): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`http://127.0.0.1:${site.port()}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

/** Ways in which the storage is gone, and how it comes back. */
const OUTAGES: readonly (readonly [string, string, (storage: string) => () => void])[] = [
  [
    'not there',
    'IRONBUCKET_STORAGE_GONE',
    (storage) => {
      renameSync(storage, `${storage}.away`);
      return () => renameSync(`${storage}.away`, storage);
    },
  ],
  [
    'an empty directory in which it should be mounted',
    'IRONBUCKET_STORAGE_GONE',
    (storage) => {
      renameSync(storage, `${storage}.away`);
      mkdirSync(storage);
      return () => {
        rmdirSync(storage);
        renameSync(`${storage}.away`, storage);
      };
    },
  ],
  [
    'damaged',
    'IRONBUCKET_FILE_DAMAGED',
    (storage) => {
      // Of an earlier version: it may speak of any account.
      const accounts = join(storage, '.agent', 'accounts.json');
      writeFileSync(accounts, '{"version":1,"acc');
      return () => unlinkSync(accounts);
    },
  ],
];

describe.each(OUTAGES)('while the storage is %s', (_, code, takeAway) => {
  test('every kind of order waits, its owner knows, the operator knows, and all are done when it is back', () =>
    withSite(HASTY, async (site) => {
      const first = await withMessages(site);
      const second = (await fulfilled(site)).resource.uuid;
      const bringBack = takeAway(site.storage);

      const { sandbox } = site;
      const create = sandbox.placeOrder({ limits: { storage: 7 } });
      const approved = sandbox.placeOrder({ state: 'executing' });
      const update = sandbox.placeOrder({ type: 'Update', resource: first, limits: { storage: 9 } });
      const terminate = sandbox.placeOrder({ type: 'Terminate', resource: second });
      const pending = [create, update, terminate];
      await soon(() =>
        expect(pending.map(({ providerMessage }) => providerMessage)).toEqual([WAITING, WAITING, WAITING]),
      );
      await soon(async () => expect(await readyz(site)).toEqual({ status: 503, text: expect.stringContaining(code) }));
      // Tried several times by now, and told only once.
      await soon(() => expect(site.logs.join('').split(`"code":"${code}"`).length).toBeGreaterThan(8));
      const told = sandbox.journal.entries(0, 'http').filter(({ path }) => path?.endsWith('/set_provider_info/'));
      expect(told).toHaveLength(3);
      expect(pending.map(({ state }) => state)).toEqual(['pending-provider', 'pending-provider', 'pending-provider']);
      expect(approved.state).toBe('executing');

      bringBack();
      const orders = [...pending, approved];
      await Promise.all(orders.map((order) => reach(site, order, 'done')));
      await settled(site);
      for (const { resource } of [create, approved, update]) expectWorking(site, resource);
      expect(limitOf(site, update.resource.backendId)).toBe(9 * GIB);
      expect(terminate.resource.state).toBe('Terminated');
      expect(bucketsOf(site).toSorted()).toEqual(Object.keys(accountsOf(site)).toSorted());
      await soon(async () => expect((await readyz(site)).status).toBe(200));
      const refused = sandbox.journal
        .entries(0, 'http')
        .filter(({ path }) => /set_state_erred|reject/.test(path ?? ''));
      expect(refused).toEqual([]);
    }));
});

test('Waldur away for a while costs nothing but time', () =>
  withSite(HASTY, async (site) => {
    await ready(site);
    const orders = [site.sandbox.placeOrder(), site.sandbox.placeOrder({ state: 'executing' })];
    site.sandbox.faults.add({
      match: { user: 'provider-owner' },
      action: { kind: 'status', status: 503, body: '<html>' },
    });
    await soon(() => expect(site.sandbox.journal.entries(0, 'fault').length).toBeGreaterThan(30));
    site.sandbox.faults.clear();
    for (const order of orders) expectWorking(site, (await reach(site, order, 'done')).resource);
    await settled(site);
  }));

test('a token that does not work any more degrades the agent, and one that works again heals it', () =>
  withSite(HASTY, async (site) => {
    await ready(site);
    const token = site.sandbox.store.tokens.get(site.sandbox.token('provider-owner'));
    if (token === undefined) throw new Error('no token');
    token.revoked = true;
    const order = site.sandbox.placeOrder();
    await soon(async () => expect((await readyz(site)).text).toContain('WALDUR_UNAUTHORIZED'));
    token.revoked = false;
    expectWorking(site, (await reach(site, order, 'done')).resource);
    await soon(async () => expect((await readyz(site)).status).toBe(200));
  }));

test('an offering that Waldur does not know makes the agent not ready, and says which setting is wrong', () => {
  const tune: SiteOptions['tune'] = async (config) => ({
    ...config,
    offerings: config.offerings.map((offering) => ({ ...offering, uuid: 'f'.repeat(32) })),
  });
  return withSite({ ...HASTY, tune }, async (site) => {
    await site.start();
    await soon(async () => {
      const { status, text } = await readyz(site);
      expect(status).toBe(503);
      expect(text).toContain('waldur_offering_uuid');
    });
  });
});
