import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order } from '../../src/sandbox/model.ts';
import type { Site, SiteOptions } from '../fakes/site.ts';
import {
  bucketsOf,
  expectWorking,
  fulfilled,
  GIB,
  HASTY,
  limitOf,
  reach,
  ready,
  requestsAbout,
  settled,
  soon,
  tell,
  withSite,
} from './helpers.ts';

const COUNT = 10;

/** Several orders, each done once and with one account. */
async function expectAllDone(site: Site, orders: readonly Order[]): Promise<void> {
  await Promise.all(orders.map((order) => reach(site, order, 'done')));
  await soon(() => {
    const executing = orders.filter(({ state }) => state !== 'done');
    expect(executing).toEqual([]);
  });
  for (const { resource } of orders) expectWorking(site, resource);
  expect(bucketsOf(site)).toHaveLength(orders.length);
}

function place(site: Site, count = COUNT): Order[] {
  return Array.from({ length: count }, () => site.sandbox.placeOrder());
}

describe('where no events come from, orders are asked for', () => {
  test.each<[string, SiteOptions]>([
    ['events are turned off', { stomp: false }],
    ['the server has none', { sandbox: { profile: '2024' } }],
  ])('%s', (_, options) =>
    withSite({ ...HASTY, ...options }, async (site) => {
      await site.start();
      await expectAllDone(site, place(site));
      expect(site.sandbox.journal.entries(0, 'stomp')).toHaveLength(0);
      expect(site.sandbox.broker.sessions()).toEqual([]);
    }),
  );
});

describe('Waldur 2024', () => {
  const old = { ...HASTY, sandbox: { profile: '2024' } } as const;

  test('is asked only once for what it does not have', () =>
    withSite(old, async (site) => {
      await site.start();
      for (let count = 0; count < 2; count++) {
        const order = await reach(site, site.sandbox.placeOrder(), 'done');
        expectWorking(site, order.resource);
      }
      const missing = site.sandbox.journal.entries(0, 'http').filter(({ status }) => status === 404);
      const routes = missing.map(({ method, path = '' }) => `${method} ${path.replace(/[0-9a-f]{32}/, ':u')}`);
      expect(routes.toSorted()).toEqual([
        'GET /api/backend-resource-requests/',
        'GET /api/marketplace-resource-api-keys/',
        'GET /api/marketplace-site-agent-identities/',
        'POST /api/marketplace-provider-resources/:u/set_endpoints/',
      ]);
    }));

  test('carries out changes and terminations as well', () =>
    withSite(old, async (site) => {
      await site.start();
      const order = site.sandbox.placeOrder({ limits: { storage: 5 } });
      const { resource } = await reach(site, order, 'done');
      await reach(
        site,
        site.sandbox.placeOrder({ type: 'Update', resource: resource.uuid, limits: { storage: 6 } }),
        'done',
      );
      expect(limitOf(site, resource.backendId)).toBe(6 * GIB);
      await reach(site, site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid }), 'done');
      expect(bucketsOf(site)).toEqual([]);
    }));
});

describe('Waldur 8.0', () => {
  test('sends its events through a queue for each type', () =>
    withSite({ sandbox: { profile: '8.0' } }, async (site) => {
      await ready(site);
      await expectAllDone(site, place(site));
      const queues = site.sandbox.store.subscriptionQueues.all().map(({ objectType }) => objectType);
      expect(queues).toContain('order');
      expect(site.sandbox.store.consumers.all()).toEqual([]);
    }));

  test('says nothing of orders that need no approval: they are found by asking', () =>
    withSite({ ...HASTY, sandbox: { profile: '8.0' } }, async (site) => {
      await ready(site);
      const order = site.sandbox.placeOrder({ state: 'executing' });
      await expectAllDone(site, [order]);
    }));
});

describe('messages that', () => {
  test('are all lost cost time, and no order', () =>
    withSite(HASTY, async (site) => {
      await ready(site);
      site.sandbox.broker.fault({ kind: 'drop', times: 10_000 });
      await expectAllDone(site, place(site));
      const delivered = site.sandbox.journal.entries(0, 'stomp').filter(({ method }) => method === 'MESSAGE');
      expect(delivered).toEqual([]);
    }));

  test.each([
    ['come twice', { kind: 'duplicate', times: 10_000 }],
    ['overtake each other', { kind: 'reorder', times: 10_000 }],
    ['come late', { kind: 'delay', times: 10_000, ms: 30 }],
    ['come in pieces', { kind: 'split', times: 10_000 }],
    ['come together', { kind: 'coalesce', times: 10_000 }],
  ] as const)('%s change nothing', (_, fault) =>
    withSite({}, async (site) => {
      await ready(site);
      site.sandbox.broker.fault(fault);
      const orders = place(site);
      await expectAllDone(site, orders);
      site.sandbox.broker.clearFaults();
      for (const order of orders) expect(requestsAbout(site, order).length).toBeLessThanOrEqual(8);
    }),
  );

  test('are no messages are passed over', () =>
    withSite({}, async (site) => {
      await ready(site);
      for (const body of [
        'not JSON',
        '{"object_type":',
        '[]',
        'null',
        { object_type: 'order' },
        { object_type: 'order', order_uuid: '../../admin', offering_uuid: site.offering, order_state: 'executing' },
        { object_type: 'invoice', offering_uuid: site.offering },
        { object_type: 'order', order_uuid: 'f'.repeat(32), offering_uuid: FIXTURE.usage, order_state: 'executing' },
        { object_type: 'order', order_uuid: 'x'.repeat(100_000) },
      ]) {
        await tell(site, 'broker', { kind: 'message', offering: site.offering, object_type: 'order', body });
      }
      await expectAllDone(site, place(site, 1));
      await settled(site);
      const asked = site.sandbox.journal.entries(0, 'http').filter(({ path }) => path?.includes('f'.repeat(32)));
      expect(asked).toEqual([]);
    }));

  test('lie about an order only make us look', () =>
    withSite({}, async (site) => {
      await ready(site);
      const { resource, uuid } = await fulfilled(site, { limits: { storage: 5 } });
      const lie = { order_uuid: uuid, order_state: 'erred', order_type: 'Terminate', resource_uuid: resource.uuid };
      for (const order_state of ['erred', 'executing']) {
        const body = {
          ...lie,
          order_state,
          object_type: 'order',
          offering_uuid: site.offering,
          limits: { storage: 1 },
        };
        await tell(site, 'broker', { kind: 'message', offering: site.offering, object_type: 'order', body });
      }
      await settled(site);
      expectWorking(site, resource);
      expect(limitOf(site, resource.backendId)).toBe(5 * GIB);
    }));
});

describe('a broker that', () => {
  const TROUBLES: Readonly<Record<string, (site: Site) => unknown>> = {
    'closes the connection': ({ sandbox }) => sandbox.broker.fault({ kind: 'close', code: 1000, reason: 'STOMP died' }),
    'is shut down for maintenance': ({ sandbox }) => sandbox.broker.fault({ kind: 'close', code: 1012, reason: '' }),
    'breaks the connection': ({ sandbox }) => sandbox.broker.fault({ kind: 'reset' }),
    'sends garbage': ({ sandbox }) => sandbox.broker.fault({ kind: 'inject', bytes: 'BOGUS\n\n\0' }),
    'loses the queue': (site) => tell(site, 'broker', { kind: 'deleteQueue' }),
    'loses the user': (site) => tell(site, 'broker', { kind: 'deleteUser' }),
    'lets no one in for a while': ({ sandbox }) => {
      sandbox.broker.fault({ kind: 'refuse', times: 2, status: 503 });
      sandbox.broker.fault({ kind: 'reset' });
    },
    'has another password': async (site) => {
      await tell(site, 'broker', { kind: 'rotatePassword' });
      site.sandbox.broker.fault({ kind: 'reset' });
    },
    'has forgotten what the user may do': async (site) => {
      await tell(site, 'broker', { kind: 'revokePermission' });
      site.sandbox.broker.fault({ kind: 'reset' });
    },
  };

  test.each(Object.entries(TROUBLES))('%s in the middle of orders does not keep them from being done', (_, trouble) =>
    withSite({ speed: 20 }, async (site) => {
      await ready(site);
      const before = site.sandbox.broker.sessions()[0]?.id;
      const orders = place(site);
      await soon(() => expect(orders.some(({ state }) => state === 'executing')).toBe(true));
      await trouble(site);
      orders.push(...place(site, 2));
      // By events again, not by asking: that would take half a minute.
      await soon(() => {
        const [session] = site.sandbox.broker.sessions();
        expect(session?.subscriptions).toBe(1);
        expect(session?.id).not.toBe(before);
      });
      await expectAllDone(site, orders);
      orders.push(await reach(site, site.sandbox.placeOrder(), 'done'));
      await expectAllDone(site, orders);
      await settled(site);
    }),
  );

  test('falls silent is left, and everything that was meant for us is found', () =>
    withSite({ tune: impatient }, async (site) => {
      await ready(site);
      site.sandbox.broker.fault({ kind: 'silence' });
      await expectAllDone(site, place(site));
      expect(site.logs.join('')).toContain('STOMP_HEARTBEAT_LOST');
    }));

  test('goes and does not come back does not keep orders from being found', () =>
    withSite({ agent: 'poll_interval: 1s\n' }, async (site) => {
      await ready(site);
      site.sandbox.broker.fault({ kind: 'refuse', times: 10_000, status: 503 });
      site.sandbox.broker.fault({ kind: 'reset' });
      await soon(() => expect(site.logs.join('')).toContain('event stream lost'));
      // So that they are not found by what is asked at once.
      await soon(() => {
        const lists = site.sandbox.journal.entries(0, 'http').filter(({ path }) => path === '/api/marketplace-orders/');
        expect(lists.length).toBeGreaterThan(1);
      });
      await expectAllDone(site, place(site));
    }));

  test('is never there does not keep orders from being done', () =>
    withSite(HASTY, async (site) => {
      site.sandbox.broker.fault({ kind: 'refuse', times: 10_000, status: 503 });
      await site.start();
      await expectAllDone(site, place(site));
    }));
});

/** A heart-beat of a second, so that silence is noticed after two. */
function impatient(config: Site['config']): Site['config'] {
  const offerings = config.offerings.map((offering) => ({
    ...offering,
    stomp: { ...offering.stomp, heartbeatMs: 1000 },
  }));
  return { ...config, offerings };
}
