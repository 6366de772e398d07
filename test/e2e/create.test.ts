import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import {
  accountsOf,
  act,
  bucketsOf,
  expectWorking,
  fulfilled,
  GIB,
  HASTY,
  quotaOf,
  reach,
  ready,
  recount,
  requestsAbout,
  settled,
  treeOf,
  withSite,
} from './helpers.ts';

/** What a create order costs: each is needed, and there is no other. */
const CREATE = [
  'GET order',
  'GET resource',
  'POST order approve_by_provider',
  'POST resource set_backend_id',
  'POST resource set_backend_metadata',
  'POST resource set_endpoints',
  'POST order set_state_done',
  'GET order',
];

test('a create order becomes a bucket with its quota, and its credentials are in Waldur', () =>
  withSite({}, async (site) => {
    await ready(site);
    const order = await fulfilled(site, { name: 'Reads of 2026', limits: { storage: 5, objects: 100 } });
    const { resource } = order;
    const account = `waldur-acme-genomics-${resource.uuid.slice(0, 8)}`;

    expect(resource.backendId).toBe(account);
    expectWorking(site, resource);
    expect(resource.endpoints).toEqual([expect.objectContaining({ name: 'S3', url: 'http://127.0.0.1:9000' })]);
    const limit = { enabled: true, maxSize: 5 * GIB, maxObjects: -1 };
    expect(resource.backendMetadata).toEqual({
      s3_endpoint: 'http://127.0.0.1:9000',
      s3_region: 'us-east-1',
      s3_user: account,
      s3_bucket: account,
      s3_credentials: {
        access_key: expect.stringMatching(/^[A-Z0-9]{20}$/),
        secret_key: expect.stringMatching(/^[A-Za-z0-9_-]{40}$/),
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
      },
      storage_summary: {
        bucket_count: 1,
        total_size_bytes: 0,
        total_objects: 0,
        buckets: [{ name: account, size_bytes: 0, objects: 0 }],
      },
      quotas: { user_quota: limit, bucket_quota: limit },
    });

    expect(bucketsOf(site)).toEqual([account]);
    expect(accountsOf(site)[account]?.name).toBe('Reads of 2026');
    expect(quotaOf(site, account)).toMatchObject({ max_size_bytes: 5 * GIB, current_usage_bytes: 0, object_count: 0 });
    const stamp: unknown = JSON.parse(readFileSync(join(site.storage, account, '.bucket_metadata'), 'utf8'));
    expect(stamp).toMatchObject({ waldur_resource: resource.uuid });
    const modeOf = (path: string): number => statSync(join(site.storage, path)).mode & 0o777;
    expect(modeOf('.agent')).toBe(0o700);
    expect(modeOf(`.agent/accounts/${account}.json`)).toBe(0o600);
    expect(readdirSync(join(site.storage, '.agent/accounts'))).toEqual([`${account}.json`]);

    expect(requestsAbout(site, order)).toEqual(CREATE);
    recount(site);
    const log = site.logs.join('');
    expect(log).toContain('"outcome":"done"');
    for (const { secret_key } of accountsOf(site)[account]?.keys ?? []) expect(log).not.toContain(secret_key);
  }));

test('what our own changes are echoed as costs no request, however often it comes', () =>
  withSite({}, async (site) => {
    await ready(site);
    site.sandbox.broker.fault({ kind: 'duplicate', times: 100 });
    const order = await fulfilled(site);
    const messages = site.sandbox.journal.entries(0, 'stomp').filter(({ method }) => method === 'MESSAGE');
    // pending-provider, executing and done, each twice.
    expect(messages).toHaveLength(6);
    expect(requestsAbout(site, order)).toEqual(CREATE);
  }));

test('an order that no one had to approve is carried out as it is', () =>
  withSite({}, async (site) => {
    await ready(site);
    const order = await fulfilled(site, { state: 'executing' });
    expectWorking(site, order.resource);
    expect(requestsAbout(site, order)).toEqual(CREATE.filter((request) => !request.includes('approve')));
  }));

test('an order for a later day is approved and waits for it', () =>
  withSite({}, async (site) => {
    await ready(site);
    const { sandbox } = site;
    const day = new Date(sandbox.clock.nowMs() + 3 * 86_400_000).toISOString().slice(0, 10);
    const placed = (await act(site, 'consumer', 'marketplace-orders/', {
      offering: `${sandbox.url}marketplace-public-offerings/${FIXTURE.limit}/`,
      project: `${sandbox.url}projects/${FIXTURE.project}/`,
      plan: `${sandbox.url}marketplace-public-offerings/${FIXTURE.limit}/plans/${FIXTURE.plan}/`,
      attributes: { name: 'later' },
      limits: { storage: 2 },
      start_date: day,
    })) as { uuid: string };
    const order = sandbox.store.orders.get(placed.uuid);
    if (order === undefined) throw new Error('the order was not placed');
    await act(site, 'staff', `marketplace-orders/${order.uuid}/approve_by_consumer/`).catch(() => undefined);
    await reach(site, order, 'pending-start-date');
    await settled(site);
    expect(treeOf(site)).toEqual([]);

    sandbox.clock.advance(4 * 86_400_000);
    await reach(site, order, 'done');
    expectWorking(site, order.resource);
  }));

test('orders that were open before the agent started, or while it was away, are found', () =>
  withSite({}, async (site) => {
    const { sandbox } = site;
    const before = [sandbox.placeOrder(), sandbox.placeOrder({ state: 'executing' })];
    await site.start();
    for (const order of before) expectWorking(site, (await reach(site, order, 'done')).resource);
    await site.stop();
    const meanwhile = sandbox.placeOrder();
    await site.start();
    expectWorking(site, (await reach(site, meanwhile, 'done')).resource);
  }));

test('a hundred orders at once, of two projects, are a hundred accounts', () =>
  withSite({}, async (site) => {
    await ready(site);
    const orders = Array.from({ length: 100 }, (_, index) =>
      site.sandbox.placeOrder({
        limits: { storage: index + 1 },
        project: index % 2 ? FIXTURE.project : FIXTURE.secondProject,
      }),
    );
    await Promise.all(orders.map((order) => reach(site, order, 'done')));
    await settled(site);
    for (const [index, { resource }] of orders.entries()) {
      expectWorking(site, resource);
      expect(quotaOf(site, resource.backendId)['max_size_bytes']).toBe((index + 1) * GIB);
    }
    expect(bucketsOf(site)).toHaveLength(100);
    recount(site);
  }));

describe('a directory of the computed name that is not ours', () => {
  const name = (uuid: string): string => `waldur-acme-genomics-${uuid.slice(0, 8)}`;

  test.each([
    ['no stamp', undefined],
    ['the stamp of another resource', '{"waldur_resource":"00000000000000000000000000000001"}'],
  ])('with %s is left alone', (_, stamp) =>
    withSite(HASTY, async (site) => {
      // Placed before anybody listens, so that the directory is there first.
      const order = site.sandbox.placeOrder();
      const directory = join(site.storage, name(order.resource.uuid));
      mkdirSync(directory);
      writeFileSync(join(directory, 'theirs.txt'), 'precious');
      if (stamp !== undefined) writeFileSync(join(directory, '.bucket_metadata'), stamp);
      const before = treeOf(site);

      await site.start();
      await reach(site, order, 'rejected');
      expect(order.providerRejection).toMatch(
        /^The account name .* is taken .* \(ACCOUNT_(TAKEN|UNSTAMPED), [0-9a-f]{8}\)$/,
      );
      expect(order.resource).toMatchObject({ state: 'Terminated', backendId: '' });
      expect(treeOf(site)).toEqual(before);
      expect(readFileSync(join(directory, 'theirs.txt'), 'utf8')).toBe('precious');
    }),
  );

  test('with our stamp is what an interrupted run left, and is taken over with what is in it', () =>
    withSite(HASTY, async (site) => {
      const order = site.sandbox.placeOrder({ limits: { storage: 7 } });
      const account = name(order.resource.uuid);
      mkdirSync(join(site.storage, account));
      writeFileSync(join(site.storage, account, 'kept.txt'), 'kept');
      writeFileSync(join(site.storage, account, '.bucket_metadata'), `{"waldur_resource":"${order.resource.uuid}"}`);
      await site.start();
      await reach(site, order, 'done');
      expectWorking(site, order.resource);
      expect(quotaOf(site, account)).toMatchObject({
        max_size_bytes: 7 * GIB,
        current_usage_bytes: 4,
        object_count: 1,
      });
    }));
});
