import { expect, test } from 'vitest';
import type { SiteOptions } from '../fakes/site.ts';
import { type Gate, openGate } from './gate.ts';
import { HASTY, reach, withSite } from './helpers.ts';
import { fill, QUIET, recorded, report, seed, started } from './metered.ts';

/** A page holds a hundred. */
const MANY = 120;
const many = <T>(make: (index: number) => T): T[] => Array.from({ length: MANY }, (_, index) => make(index));

test('records that were read half way never let a larger one be overwritten', () =>
  withSite({ ...QUIET, extra: 'allow_decrease: false' }, async (site) => {
    const resources = many(() => seed(site, 2));
    await report(site, await started(site));
    await site.stop();
    for (const resource of resources) fill(site, resource, 1);
    const match = { path: '/api/marketplace-component-usages/', query: { page: '2' } };
    const agent = await started(site);
    site.sandbox.faults.add({ match, action: { kind: 'status', status: 502, body: '<h1>Bad Gateway</h1>' } });
    expect(await report(site, agent)).toMatchObject({ msg: 'usage could not be reported' });
    site.sandbox.faults.clear();
    expect(await report(site, agent)).toMatchObject({ submitted: 0, guarded: MANY });
    for (const resource of resources) expect(recorded(site, resource)['storage']).toBe(200n);
  }));

test('orders on a page that cannot be read are found later', () =>
  withSite({ ...HASTY, stomp: false }, async (site) => {
    const match = { path: '/api/marketplace-orders/', query: { page: '2' } };
    site.sandbox.faults.add({ match, times: 3, action: { kind: 'status', status: 502, body: '<h1>Bad Gateway</h1>' } });
    const orders = many(() => site.sandbox.placeOrder({ limits: { storage: 1 } }));
    await site.start();
    await Promise.all(orders.map((order) => reach(site, order, 'done')));
    expect(site.sandbox.journal.entries(0, 'fault')).toHaveLength(3);
  }));

test.each([
  ['Link', ['link']],
  ['Link and X-Result-Count', ['link', 'x-result-count']],
])('a proxy that takes away %s hides no row', async (_, withheld) => {
  let gate: Gate | undefined;
  const tune: SiteOptions['tune'] = async (config) => {
    gate = await openGate(config, () => undefined, withheld);
    return gate.config;
  };
  try {
    await withSite({ ...QUIET, tune }, async (site) => {
      const resources = many(() => seed(site, 1));
      const agent = await started(site);
      expect(await report(site, agent)).toMatchObject({ submitted: MANY, missing: 0, failed: 0 });
      for (const resource of resources) expect(recorded(site, resource)['storage']).toBe(100n);
    });
  } finally {
    gate?.close();
  }
});
