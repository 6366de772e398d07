import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../plugins/croit-s3/test/lab.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { act, fulfilled, HASTY, reach, ready, settled, soon } from './helpers.ts';
import { recorded, report } from './metered.ts';

const MIB = 1_048_576;
const CREATE = { offering: FIXTURE.options, attributes: { storage_limit: 4, object_limit: 10 } };

let cluster: Cluster;
let site: Site;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(async () => {
  await site.close();
  await cluster.close();
});

async function start(flavour: 'croit' | 'radosgw', more: Parameters<typeof openSite>[0] = {}): Promise<void> {
  const own = Object.entries(cluster.settings(flavour)).filter(([, value]) => value !== '');
  const settings = own.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('') + (more.settings ?? '');
  site = await openSite({ ...HASTY, offering: 'options', backend: 'croit_s3', ...more, settings });
  await ready(site);
}

/** What the gateway has is what Waldur tells the consumer. */
function expectWorking(resource: Resource, mib: number): void {
  const user = cluster.user(resource.backendId);
  const quota = { enabled: true, max_size: mib * MIB };
  expect(user).toMatchObject({ suspended: 0, user_quota: quota, bucket_quota: quota });
  expect(user.email).toContain(resource.uuid);
  const keys = user.keys.map(({ access_key, secret_key }) => ({ access_key, secret_key }));
  expect(keys).toMatchObject([resource.backendMetadata['s3_credentials']].map(pair));
  expect(resource.endpoints).toMatchObject([{ name: 'S3', url: cluster.endpoint }]);
}

function pair(credentials: unknown): object {
  const { access_key, secret_key } = credentials as Record<string, string>;
  return { access_key, secret_key };
}

describe.each(['croit', 'radosgw'] as const)('flavour %s', (flavour) => {
  test('orders, options, usage, a refusal and the end', async () => {
    await start(flavour);
    const { resource } = await fulfilled(site, CREATE);
    expect(resource.backendId).toBe(`waldur_acme_genomics_${resource.uuid.slice(0, 8)}`);
    expectWorking(resource, 4);
    await fulfilled(site, { type: 'Update', kind: 'options', resource: resource.uuid, options: { storage_limit: 6 } });
    expectWorking(resource, 6);

    cluster.rgw.store(resource.backendId, 3 * MIB, 'reads');
    await site.stop();
    const agent = await site.start();
    await report(site, agent);
    expect(recorded(site, resource)).toMatchObject({ storage: 300n });

    const refused = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
    await reach(site, refused, 'erred');
    expect(refused.errorMessage).toContain('still has 1 bucket (3 MiB): reads.');
    expectWorking(resource, 6);
    cluster.rgw.buckets.clear();
    await settled(site);
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect(cluster.rgw.users.has(resource.backendId)).toBe(false);
    expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
    expect(site.sandbox.invariants()).toEqual([]);
  });

  test('a purge', async () => {
    await start(flavour, { settings: 'on_terminate: purge\n' });
    const { resource } = await fulfilled(site, CREATE);
    for (const bucket of ['one', 'two']) cluster.rgw.store(resource.backendId, 10, bucket);
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect([cluster.rgw.users.has(resource.backendId), cluster.rgw.buckets.size]).toEqual([false, 0]);
  });

  test('an order whose backend fails at first is kept, and done when it works', async () => {
    await start(flavour);
    let failures = 0;
    cluster.facade.fault = () => (failures++ < 5 ? { status: 502, body: '<h1>Bad Gateway</h1>' } : undefined);
    cluster.rgw.intercept = (_, response) => {
      const fails = failures++ < 5;
      if (fails) response.writeHead(503).end();
      return fails;
    };
    const { resource } = await fulfilled(site, CREATE);
    expectWorking(resource, 4);
    expect(failures).toBeGreaterThan(5);
    expect(site.logs.join('')).not.toContain('"code":"BUG"');
  });
});

test('a paused account is suspended at the gateway, and comes back', async () => {
  await start('radosgw');
  const { resource } = await fulfilled(site, CREATE);
  const pause = (paused: boolean): Promise<unknown> =>
    act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/set_paused/`, { paused });
  await pause(true);
  await soon(() => expect(cluster.user(resource.backendId).suspended).toBe(1));
  await pause(false);
  await soon(() => expectWorking(resource, 4));
});

test('an account that croit cannot suspend keeps no order from being fulfilled', async () => {
  await start('croit');
  const { resource } = await fulfilled(site, CREATE);
  await act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/set_paused/`, { paused: true });
  await soon(() => expect(site.logs.join('')).toContain('a flag of the resource has no effect'));
  await fulfilled(site, { type: 'Update', kind: 'options', resource: resource.uuid, options: { storage_limit: 6 } });
  expectWorking(resource, 6);
  expect(resource.state).toBe('OK');
});

test('an expired token keeps every order, and says so, until there is a new one', async () => {
  await start('croit');
  cluster.facade.fault = () => ({ status: 401, body: '{"message":"expired"}' });
  const order = site.sandbox.placeOrder(CREATE);
  await soon(() => expect(site.logs.join('')).toContain('croit rejected the API token'));
  expect(order.state).toBe('pending-provider');
  cluster.facade.fault = undefined;
  await reach(site, order, 'done');
  expectWorking(order.resource, 4);
});
