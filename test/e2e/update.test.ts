import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import {
  accountsOf,
  act,
  expectWorking,
  fulfilled,
  GIB,
  HASTY,
  limitOf,
  person,
  quotaOf,
  reach,
  ready,
  recount,
  requestsAbout,
  settled,
  soon,
  tell,
  withSite,
} from './helpers.ts';

/** A bucket of 5 GB that is there already. */
async function owned(
  site: Site,
  request: Parameters<typeof fulfilled>[1] = { limits: { storage: 5 } },
): Promise<Order> {
  await ready(site);
  const order = await fulfilled(site, request);
  recount(site);
  return order;
}

const UPDATE = [
  'GET order',
  'GET resource',
  'POST order approve_by_provider',
  'POST resource set_backend_metadata',
  'POST order set_state_done',
  'GET order',
];

describe('limits', () => {
  test('a change reaches the bucket and the metadata, and the keys stay', () =>
    withSite({}, async (site) => {
      const { resource } = await owned(site);
      const keys = accountsOf(site)[resource.backendId]?.keys;
      const order = await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 9 } });
      expect(requestsAbout(site, order)).toEqual(UPDATE);
      recount(site);
      expect(limitOf(site, resource.backendId)).toBe(9 * GIB);
      expect(resource).toMatchObject({
        limits: { storage: 9 },
        backendMetadata: { quotas: { bucket_quota: { maxSize: 9 * GIB } } },
      });
      expect(accountsOf(site)[resource.backendId]?.keys).toEqual(keys);
      expectWorking(site, resource);
    }));

  test('a limit below what is stored is set, and nothing is lost', () =>
    withSite({}, async (site) => {
      const { resource } = await owned(site);
      const path = join(site.storage, resource.backendId, '.quota');
      const full = { ...quotaOf(site, resource.backendId), current_usage_bytes: 4 * GIB, object_count: 3 };
      writeFileSync(path, JSON.stringify(full));
      await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 1 } });
      expect(quotaOf(site, resource.backendId)).toMatchObject({
        max_size_bytes: GIB,
        current_usage_bytes: 4 * GIB,
        object_count: 3,
      });
      expect(resource).toMatchObject({ state: 'OK', limits: { storage: 1 } });
    }));

  test('two changes at once are carried out one after the other', () =>
    withSite({}, async (site) => {
      const { resource } = await owned(site);
      const orders = [7, 8].map((storage) =>
        site.sandbox.placeOrder({ type: 'Update', resource: resource.uuid, limits: { storage } }),
      );
      await Promise.all(orders.map((order) => reach(site, order, 'done')));
      await settled(site);
      expect(resource.limits).toEqual({ storage: 8 });
      expect(limitOf(site, resource.backendId)).toBe(8 * GIB);
    }));
});

test('a renewal applies its limits', () =>
  withSite({}, async (site) => {
    const { resource } = await owned(site);
    await fulfilled(site, { type: 'Update', kind: 'renew', resource: resource.uuid, limits: { storage: 6 } });
    expect(limitOf(site, resource.backendId)).toBe(6 * GIB);
    expect(resource).toMatchObject({ state: 'OK', limits: { storage: 6 }, endDate: expect.any(String) });
  }));

describe('plan switch', () => {
  test('explicit limits win over the quotas of the new plan', () =>
    withSite({}, async (site) => {
      const { resource } = await owned(site);
      await fulfilled(site, { type: 'Update', kind: 'plan', resource: resource.uuid, plan: FIXTURE.biggerPlan });
      expect(resource.plan?.uuid).toBe(FIXTURE.biggerPlan);
      expect(limitOf(site, resource.backendId)).toBe(5 * GIB);
    }));

  test('without them the new plan decides', () =>
    withSite({ offering: 'usage' }, async (site) => {
      const { resource } = await owned(site, { offering: FIXTURE.usage });
      expect(limitOf(site, resource.backendId)).toBe(100 * GIB);
      const premium = resource.offering.plans[1]?.uuid ?? '';
      await fulfilled(site, { type: 'Update', kind: 'plan', resource: resource.uuid, plan: premium });
      expect(resource.plan?.uuid).toBe(premium);
      expect(limitOf(site, resource.backendId)).toBe(1000 * GIB);
    }));
});

describe('options', () => {
  const options = { offering: 'options' } as const;
  const create = { offering: FIXTURE.options, attributes: { storage_limit: 5 } };
  const change = (resource: string, storage_limit: number) =>
    ({ type: 'Update', kind: 'options', resource, options: { storage_limit } }) as const;

  test('the bucket is changed before the order is approved', () =>
    withSite(options, async (site) => {
      const { resource } = await owned(site, create);
      expect(limitOf(site, resource.backendId)).toBe(5 * GIB);
      const limits: unknown[] = [];
      const watched = site.sandbox.placeOrder(change(resource.uuid, 8));
      void reach(site, watched, 'executing').then(() => limits.push(limitOf(site, resource.backendId)));
      await reach(site, watched, 'done');
      await settled(site);
      expect(limits).toEqual([8 * GIB]);
      expect(resource).toMatchObject({ state: 'OK', options: { storage_limit: 8 } });
      expect(requestsAbout(site, watched).slice(0, 4)).toEqual([
        'GET order',
        'GET resource',
        'POST resource set_backend_metadata',
        'POST order approve_by_provider',
      ]);
      // Waldur closes it.
      expect(requestsAbout(site, watched)).not.toContain('POST order set_state_done');
      expectWorking(site, resource);
    }));

  test('one that a refused limit asks for is rejected, and the old limit holds', () =>
    withSite(options, async (site) => {
      const { resource } = await owned(site, create);
      const order = site.sandbox.placeOrder(change(resource.uuid, -1));
      await reach(site, order, 'rejected');
      expect(order.providerRejection).toContain('ORDER_LIMIT_INVALID');
      expect(limitOf(site, resource.backendId)).toBe(5 * GIB);
      expect(resource).toMatchObject({ state: 'OK', options: { storage_limit: 5 } });
    }));

  test('approved without anybody being asked: the bucket follows', () =>
    withSite(options, async (site) => {
      const { resource } = await owned(site, create);
      const order = site.sandbox.placeOrder({ ...change(resource.uuid, 8), state: 'executing' });
      await reach(site, order, 'done');
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(8 * GIB));
      await settled(site);
      expectWorking(site, resource);
    }));

  test('approved by a person before us: the message that it is done makes the bucket follow', () =>
    withSite({ ...options, extra: 'approval: manual' }, async (site) => {
      await ready(site);
      const first = site.sandbox.placeOrder(create);
      expect(await person(site, first, 'approve')).toBe(true);
      await reach(site, first, 'done');
      const { resource } = first;
      const order = site.sandbox.placeOrder(change(resource.uuid, 8));
      expect(await person(site, order, 'approve')).toBe(true);
      await reach(site, order, 'done');
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(8 * GIB));
      await settled(site);
    }));

  test('a server that forgets to close it is helped', () =>
    withSite({ ...options, ...HASTY, sandbox: { processorDelayMs: [600_000, 600_000] } }, async (site) => {
      const { resource } = await owned(site, create);
      const order = site.sandbox.placeOrder(change(resource.uuid, 8));
      await reach(site, order, 'done');
      expect(resource.options).toMatchObject({ storage_limit: 8 });
      expect(limitOf(site, resource.backendId)).toBe(8 * GIB);
    }));
});

test('keys of the metadata that are not ours survive every change', () =>
  withSite({}, async (site) => {
    const { resource } = await owned(site);
    const metadata = { ...resource.backendMetadata, invoice: 'F-2026-17' };
    await act(site, 'provider-owner', `marketplace-provider-resources/${resource.uuid}/set_backend_metadata/`, {
      backend_metadata: metadata,
    });
    await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 6 } });
    expect(resource.backendMetadata).toMatchObject({ invoice: 'F-2026-17' });
  }));

test('a paused resource is suspended by the next order, and its keys are kept', () =>
  withSite({}, async (site) => {
    const { resource } = await owned(site);
    await tell(site, 'flags', { resource: resource.uuid, paused: true });
    await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 6 } });
    expect(accountsOf(site)[resource.backendId]).toMatchObject({ suspended: true, keys: [expect.anything()] });
    await tell(site, 'flags', { resource: resource.uuid, paused: false });
    await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 7 } });
    expectWorking(site, resource);
  }));
