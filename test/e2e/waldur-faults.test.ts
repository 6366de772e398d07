import { describe, expect, test } from 'vitest';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import type { Order } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import {
  bucketsOf,
  expectWorking,
  fulfilled,
  HASTY,
  limitOf,
  reach,
  ready,
  requestsAbout,
  settled,
  soon,
  withSite,
} from './helpers.ts';

const html = (status: number): FaultAction => ({ kind: 'status', status, body: '<html>Bad Gateway</html>' });

const FAULTS: Readonly<Record<string, FaultAction>> = {
  'an error page': html(500),
  "a proxy's error page": html(502),
  'that it is too busy, and for how long': { kind: 'status', status: 429, headers: { 'Retry-After': '1' }, body: {} },
  'a page instead of JSON': html(200),
  'half of its JSON': { kind: 'truncate', length: 'correct' },
  'half of it and then nothing': { kind: 'truncate', length: 'wrong' },
  'half of it and then silence': { kind: 'stall', ms: 600_000 },
  'no JSON': { kind: 'badJson' },
  'a redirect to a login page': { kind: 'redirect', location: 'https://login.example.com/?next=/api/' },
  'that it does not know us': { kind: 'status', status: 401, body: { detail: 'Invalid token.' } },
  'a conflict': { kind: 'status', status: 409, body: { detail: 'Conflict.' } },
  'nothing: the connection breaks before': { kind: 'reset.before' },
  'nothing: the connection breaks after': { kind: 'reset.after' },
  'what it answers twice': { kind: 'duplicate' },
};

/** The requests of a create order. */
const REQUESTS = [
  ['GET', 'order', ''],
  ['GET', 'resource', ''],
  ['POST', 'order', 'approve_by_provider/'],
  ['POST', 'resource', 'set_backend_id/'],
  ['POST', 'resource', 'set_backend_metadata/'],
  ['POST', 'resource', 'set_endpoints/'],
  ['POST', 'order', 'set_state_done/'],
  ['GET', 'order', '', 'again'],
] as const;

/** An order whose request number `index` meets the fault. */
function placeWithFault(site: Site, index: number, action: FaultAction): Order {
  const [method = '', about, name, again] = REQUESTS[index] ?? [];
  const order = site.sandbox.placeOrder({ limits: { storage: index + 1 } });
  const object =
    about === 'order' ? `marketplace-orders/${order.uuid}` : `marketplace-provider-resources/${order.resource.uuid}`;
  const match = { method, path: `/api/${object}/${name}` };
  site.sandbox.faults.add({ match, after: again === undefined ? 0 : 1, times: 1, action });
  return order;
}

/** For what takes a minute of the agent's time or more: a silent Waldur, and one that has to be repaired by a person. */
const HURRIED = { speed: 400, agent: 'reconcile_interval: 40s\npoll_interval: 40s\n' } as const;

describe.each(Object.entries(FAULTS))('Waldur answers %s', (_, action) => {
  test('to each request of an order in turn, and every order is done', () =>
    withSite(action.kind === 'stall' ? HURRIED : HASTY, async (site) => {
      await ready(site);
      const orders = REQUESTS.map((_request, index) => placeWithFault(site, index, action));
      await Promise.all(orders.map((order) => reach(site, order, 'done')));
      await settled(site);
      const struck = site.sandbox.journal.entries(0, 'fault');
      expect(struck).toHaveLength(REQUESTS.length);
      for (const [index, order] of orders.entries()) {
        expectWorking(site, order.resource);
        expect(limitOf(site, order.resource.backendId)).toBe((index + 1) * 1_073_741_824);
        const asked = requestsAbout(site, order);
        expect(asked).not.toContain('POST order set_state_erred');
        expect(asked).not.toContain('POST order reject_by_provider');
      }
      expect(bucketsOf(site)).toHaveLength(orders.length);
      expect(site.logs.join('')).not.toContain('"code":"BUG"');
    }));

  test('to the list of open orders and to the registration, and the agent finds its work', () =>
    withSite(HURRIED, async (site) => {
      const order = site.sandbox.placeOrder();
      for (const path of ['/api/marketplace-orders/', '/api/marketplace-site-agent-identities/*']) {
        site.sandbox.faults.add({ match: { path }, times: 1, action });
      }
      await site.start();
      await reach(site, order, 'done');
      await soon(() => expect(site.sandbox.broker.sessions()).toHaveLength(1));
      expectWorking(site, order.resource);
    }));
});

test('an access point that Waldur refuses for good does not keep the account from its owner', () =>
  withSite(HASTY, async (site) => {
    const action = { kind: 'status', status: 400, body: { endpoints: ['Enter a valid URL.'] } } as const;
    site.sandbox.faults.add({ match: { path: '*/set_endpoints/' }, action });
    await ready(site);
    const { resource } = await fulfilled(site);
    expect(resource).toMatchObject({
      state: 'OK',
      endpoints: [],
      backendMetadata: { s3_credentials: expect.anything() },
    });
    expect(site.logs.join('')).toContain('access endpoints were not stored');
  }));
