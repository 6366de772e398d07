import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order } from '../../src/sandbox/model.ts';
import {
  accountsOf,
  act,
  bucketsOf,
  expectWorking,
  fulfilled,
  GIB,
  HASTY,
  limitOf,
  reach,
  ready,
  recount,
  settled,
  soon,
  treeOf,
  withSite,
} from './helpers.ts';

type Request = NonNullable<Parameters<typeof fulfilled>[1]>;

/** A sentence, what to do, a code, and what finds the order in our log; nothing of our insides. */
function expectForConsumer(text: string, order: Order, code: string): void {
  expect(text).toMatch(new RegExp(`^[A-Z].*\\. .*\\. \\(${code}, ${order.uuid.slice(0, 8)}\\)$`));
  expect(text).not.toMatch(/\n|node:|\.ts|Error:|at \w+ \(/);
}

const LIMITS: readonly (readonly [string, Request, string])[] = [
  ['a limit of nothing', { limits: { storage: 0 } }, 'ORDER_LIMIT_INVALID'],
  ['a negative limit', { limits: { storage: -5 } }, 'ORDER_LIMIT_INVALID'],
  ['a limit beyond every disk', { limits: { storage: 1e15 } }, 'ORDER_LIMIT_INVALID'],
  ['a limit beyond every number', { limits: { storage: Number.MAX_VALUE } }, 'ORDER_LIMIT_INVALID'],
  ['a limit that is a word', { limits: { storage: 'plenty' } }, 'ORDER_LIMIT_INVALID'],
  ['a limit that is an object', { limits: { storage: { of: 5 } } }, 'ORDER_LIMIT_INVALID'],
  ['a limit that is a list', { limits: { storage: [5] } }, 'ORDER_LIMIT_INVALID'],
  ['a limit that is true', { limits: { storage: true } }, 'ORDER_LIMIT_INVALID'],
  ['an unknown component', { limits: { storage: 5, tape: 1 } }, 'ORDER_COMPONENT_UNKNOWN'],
  [
    'the component __proto__',
    { limits: JSON.parse('{"storage":5,"__proto__":1}') as Request['limits'] & {} },
    'ORDER_COMPONENT_UNKNOWN',
  ],
];
describe('an order with', () => {
  test.each(LIMITS)('%s is rejected, or erred when it was approved, and nothing is made', (_, request, code) =>
    withSite({}, async (site) => {
      await ready(site);
      const pending = site.sandbox.placeOrder(request);
      const approved = site.sandbox.placeOrder({ ...request, state: 'executing' });
      await Promise.all([reach(site, pending, 'rejected'), reach(site, approved, 'erred')]);
      await settled(site);
      expectForConsumer(pending.providerRejection, pending, code);
      expectForConsumer(approved.errorMessage, approved, code);
      expect(approved.errorTraceback).toBe('');
      expect([pending.resource.state, approved.resource.state]).toEqual(['Terminated', 'Terminated']);
      expect(treeOf(site)).toEqual([]);
      // A bad order costs less than a good one.
      recount(site);
      expect(site.logs.join('')).not.toContain('"code":"BUG"');
    }),
  );
});

describe('an order without limits', () => {
  test('gets what its plan says', () =>
    withSite({}, async (site) => {
      await ready(site);
      const { resource } = await fulfilled(site, { limits: {} });
      expect(limitOf(site, resource.backendId)).toBe(100 * GIB);
      expectWorking(site, resource);
    }));

  test('is rejected when its plan says nothing either', () =>
    withSite({}, async (site) => {
      const { quotas } = site.sandbox.store.plans.get(FIXTURE.plan)?.plan ?? {};
      delete quotas?.['storage'];
      await ready(site);
      const order = site.sandbox.placeOrder({ limits: {} });
      await reach(site, order, 'rejected');
      expectForConsumer(order.providerRejection, order, 'ORDER_LIMIT_MISSING');
      expect(treeOf(site)).toEqual([]);
    }));
});

const NAMES = {
  'no name': '',
  'a blank name': '   ',
  'a path': '../../etc/passwd',
  'a slash': 'CMS / LHC raw',
  dots: '..',
  '300 characters': 'x'.repeat(300),
  'a line break': 'one\ntwo',
  'a NUL': 'one\u0000two',
  'an escape sequence': '\u001b[2Jname',
  'marks of direction': 'annual\u202Egpj.exe',
  'a joiner between letters': 'می\u200cخواهم',
  'a joiner between emoji': '👩\u200d🔬 lab',
};

describe('the name of a resource decides no order', () => {
  test('of those that make it', () =>
    withSite({}, async (site) => {
      await ready(site);
      const orders = Object.values(NAMES).map((name) => site.sandbox.placeOrder({ name, limits: { storage: 5 } }));
      await Promise.all(orders.map((order) => reach(site, order, 'done')));
      await settled(site);
      for (const { resource } of orders) expectWorking(site, resource);
    }));

  test('of those that come after it was changed, and no flag', () =>
    withSite({}, async (site) => {
      await ready(site);
      const lives = Object.values(NAMES).map(async (name) => {
        const created = site.sandbox.placeOrder({ limits: { storage: 5 } });
        const { resource } = await reach(site, created, 'done');
        const path = `marketplace-provider-resources/${resource.uuid}`;
        await act(site, 'provider-owner', `${path}/`, { name }, 'PATCH');
        await reach(
          site,
          site.sandbox.placeOrder({ type: 'Update', resource: resource.uuid, limits: { storage: 2 } }),
          'done',
        );
        expect(limitOf(site, resource.backendId)).toBe(2 * GIB);
        await act(site, 'staff', `${path}/set_paused/`, { paused: true });
        await soon(() => expect(accountsOf(site)[resource.backendId]?.suspended).toBe(true));
        await reach(site, site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid }), 'done');
      });
      await Promise.all(lives);
      await settled(site);
      expect(accountsOf(site)).toEqual({});
    }));
});

test.each(['Ünï Ørg', '数据 2026', "Bobby'; DROP TABLE --", 'a.b-c_d (1)', '${HOME}', '<b>bold'])(
  '%j is an ordinary name',
  (name) =>
    withSite({}, async (site) => {
      await ready(site);
      expectWorking(site, (await fulfilled(site, { name })).resource);
    }),
);

test.each([
  ['a path', '../../..', '/etc/passwd'],
  ['very long', 'x'.repeat(300), 'y'.repeat(300)],
  ['not ASCII', 'Ørg\u202E', '数据'],
  ['empty', '', ''],
  ['in capitals', 'ACME Corp.', 'A_B'],
])('slugs that are %s become the name of a bucket', (_, customerSlug, projectSlug) =>
  withSite({}, async (site) => {
    const { store } = site.sandbox;
    const project = store.projects.get(FIXTURE.project);
    if (project === undefined) throw new Error('no project');
    project.slug = projectSlug;
    project.customer.slug = customerSlug;
    await ready(site);
    const { resource } = await fulfilled(site);
    expect(resource.backendId).toMatch(/^waldur-[a-z0-9-]+-[0-9a-f]{8}$/);
    expect(resource.backendId.length).toBeLessThanOrEqual(63);
    expectWorking(site, resource);
  }),
);

describe('a backend id that someone changed to', () => {
  const IDS = ['../../etc', '/etc/passwd', '..', 'a b', 'a\u0000b', 'x'.repeat(300)];
  const ORDERS: readonly Request[] = [{ type: 'Update', limits: { storage: 6 } }, { type: 'Terminate' }];

  test.each(IDS)('%j is refused by every order, and nothing is touched', (backendId) =>
    withSite({}, async (site) => {
      await ready(site);
      const { resource } = await fulfilled(site);
      const tree = treeOf(site);
      site.sandbox.store.resources.change(resource, (row) => {
        row.backendId = backendId;
      });
      for (const request of ORDERS) {
        const pending = site.sandbox.placeOrder({ ...request, resource: resource.uuid });
        await reach(site, pending, 'rejected');
        expect(pending.providerRejection).toContain('ACCOUNT_UNSAFE');
        expect(resource.state).toBe('OK');
        const approved = site.sandbox.placeOrder({ ...request, resource: resource.uuid, state: 'executing' });
        await reach(site, approved, 'erred');
        expect(approved.errorMessage).toContain('ACCOUNT_UNSAFE');
        expect(approved.errorTraceback).toBe('');
      }
      await settled(site);
      expect(treeOf(site)).toEqual(tree);
    }),
  );
});

test('an order whose restore asks for nonsense is erred, because a rejected one would look fine', () =>
  withSite({}, async (site) => {
    await ready(site);
    const { resource } = await fulfilled(site);
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    const order = site.sandbox.placeOrder({ type: 'Restore', resource: resource.uuid });
    site.sandbox.store.resources.change(resource, (row) => {
      row.limits = { storage: -1 };
    });
    await reach(site, order, 'erred');
    expectForConsumer(order.errorMessage, order, 'ORDER_LIMIT_INVALID');
    expect(resource.state).toBe('Erred');
  }));

test.each([false, true])("a name that the offering's rules refuse leaves nothing behind (a second try: %s)", (again) =>
  withSite(HASTY, async (site) => {
    const order = site.sandbox.placeOrder();
    const { resource } = order;
    resource.offering.backendIdRules = { format: '^other-' };
    if (again) {
      const directory = join(site.storage, `waldur-acme-genomics-${resource.uuid.slice(0, 8)}`);
      mkdirSync(directory);
      writeFileSync(join(directory, '.bucket_metadata'), JSON.stringify({ waldur_resource: resource.uuid }));
    }
    await site.start();
    await reach(site, order, 'erred');
    expectForConsumer(order.errorMessage, order, 'ORDER_NAME_REFUSED');
    expect(resource).toMatchObject({ state: 'Terminated', backendId: '' });
    expect([bucketsOf(site), accountsOf(site)]).toEqual([[], {}]);
  }),
);
