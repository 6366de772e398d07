import { expect, test } from 'vitest';
import type { Config } from '../../src/config/types.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type SlowStorage, slowStorage } from '../fakes/slow-storage.ts';
import { fulfilled, HASTY, reach, ready, settled, soon, withSite } from './helpers.ts';

const on = (storage: SlowStorage) => ({
  ...HASTY,
  offering: 'options' as const,
  tune: (config: Config): Config => ({
    ...config,
    offerings: config.offerings.map((offering) => ({ ...offering, plugin: storage.plugin, settings: {} })),
  }),
});

test('an account that takes its time keeps its id, its order waits, and the next order does not', async () => {
  const storage = slowStorage();
  await withSite({ ...on(storage), agent: `${HASTY.agent}concurrency: 1\n` }, async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({ offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    await soon(() => expect(order.resource).toMatchObject({ backendId: 'volume-1' }));
    await soon(() => expect(order.resource.backendMetadata).toEqual({ provisioning: 'Making it.' }));
    const next = site.sandbox.placeOrder({ offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    await soon(() => expect(next.resource).toMatchObject({ backendId: 'volume-2' }));
    expect([order.state, next.state]).toEqual(['executing', 'executing']);

    storage.finish();
    await Promise.all([reach(site, order, 'done'), reach(site, next, 'done')]);
    await settled(site);
    expect(order.resource).toMatchObject({ state: 'OK', backendMetadata: {} });
    expect(storage.volumes.size).toBe(2);
  });
});

test('accounts that wait are looked at together', async () => {
  const storage = slowStorage();
  await withSite(on(storage), async (site) => {
    await ready(site);
    const orders = Array.from({ length: 5 }, () =>
      site.sandbox.placeOrder({ offering: FIXTURE.options, attributes: { storage_limit: 5 } }),
    );
    await soon(() => expect(storage.volumes.size).toBe(5));
    await soon(() => expect(storage.observed).toContain(5));
    storage.finish();
    await Promise.all(orders.map((order) => reach(site, order, 'done')));
    await settled(site);
  });
});

test('a restart goes on where it was, with the same account', async () => {
  const storage = slowStorage();
  await withSite(on(storage), async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({ offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    await soon(() => expect(order.resource).toMatchObject({ backendId: 'volume-1' }));
    await site.kill();
    storage.finish();
    await site.start();
    await reach(site, order, 'done');
    await settled(site);
    expect([...storage.volumes.keys()]).toEqual(['volume-1']);
  });
});

test('an account that never becomes ready fails its order when the plugin says that it has taken too long', async () => {
  const storage = slowStorage({ pendingMs: 50 });
  await withSite(on(storage), async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({ offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    await reach(site, order, 'erred');
    expect(order.errorMessage).toContain('ACCOUNT_PENDING_TOO_LONG');
    await settled(site);
  });
});

test('attributes come from the order, change by options, and drift is repaired', async () => {
  const storage = slowStorage();
  await withSite({ ...on(storage), agent: `${HASTY.agent}upkeep_interval: 1s\n` }, async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({
      offering: FIXTURE.options,
      attributes: { storage_limit: 5, tier: 'fast', tags: 'one, two' },
    });
    await soon(() => expect(storage.volumes.size).toBe(1));
    storage.finish();
    await reach(site, order, 'done');
    const volume = [...storage.volumes.values()][0];
    expect(volume?.attributes).toEqual({ tier: 'fast', tags: ['one', 'two'] });

    const { resource } = order;
    await fulfilled(site, { type: 'Update', kind: 'options', resource: resource.uuid, options: { tags: ['three'] } });
    expect(volume?.attributes).toEqual({ tier: 'fast', tags: ['three'] });

    if (volume !== undefined) volume.attributes = { ...volume.attributes, tags: ['by', 'hand'] };
    await soon(() => expect(volume?.attributes).toEqual({ tier: 'fast', tags: ['three'] }));
    await settled(site);
  });
});

test.each([
  [{ tags: 'Ä!' }, 'Tags is "Ä!"; it must be words of small letters.'],
  [{ tier: 'golden' }, 'Tier is "golden"; it must be one of fast, slow.'],
])('an order that says %j is rejected with the reason', async (attributes, reason) => {
  const storage = slowStorage();
  await withSite(on(storage), async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({
      offering: FIXTURE.options,
      attributes: { storage_limit: 5, ...attributes },
    });
    await reach(site, order, 'rejected');
    expect(order.providerRejection).toContain(reason);
    expect(storage.volumes.size).toBe(0);
    await settled(site);
  });
});
