import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
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
  recount,
  requestsAbout,
  settled,
  soon,
  treeOf,
  withSite,
} from './helpers.ts';
import { fill, recorded, report, started } from './metered.ts';

/** A site with one bucket. */
function withBucket(options: SiteOptions, work: (site: Site, resource: Resource) => Promise<void>): Promise<void> {
  return withSite(options, async (site) => {
    await ready(site);
    const { resource } = await fulfilled(site, { limits: { storage: 5 } });
    recount(site);
    await work(site, resource);
  });
}

function putObject(site: Site, resource: Resource): string {
  const path = join(site.storage, resource.backendId, 'reads', 'sample.bam');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'data');
  return path;
}

describe('terminate', () => {
  test('an empty bucket goes, with its account and its credentials', () =>
    withBucket({}, async (site, resource) => {
      const order = await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(resource.state).toBe('Terminated');
      expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
      expect(resource.backendMetadata).toHaveProperty('s3_bucket', resource.backendId);
      expect(accountsOf(site)).toEqual({});
      await soon(() => expect(treeOf(site)).toEqual(['.agent', '.agent/accounts']));
      expect(requestsAbout(site, order)).toEqual([
        'GET order',
        'GET resource',
        'POST order approve_by_provider',
        'POST resource set_backend_metadata',
        'POST order set_state_done',
        'GET order',
      ]);
      recount(site);
    }));

  test.each([
    ['objects', 'reads'],
    ['old versions', '.versions'],
  ])('a bucket that holds %s is refused, in words for the consumer, and nothing changes', (_, folder) =>
    withBucket({}, async (site, resource) => {
      mkdirSync(join(site.storage, resource.backendId, folder));
      writeFileSync(join(site.storage, resource.backendId, folder, 'sample.bam'), 'data');
      const [tree, accounts, metadata] = [treeOf(site), accountsOf(site), resource.backendMetadata];
      const order = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
      await reach(site, order, 'erred');
      await settled(site);
      expect(order.errorMessage).toBe(
        `The bucket ${resource.backendId} still holds 1 object (4 B). Delete the objects and their old versions first, ` +
          `then terminate again. (IRONBUCKET_NOT_EMPTY, ${order.uuid.slice(0, 8)})`,
      );
      expect(order.errorTraceback).toBe('');
      expect(treeOf(site)).toEqual(tree);
      expect(accountsOf(site)).toEqual(accounts);
      expect(resource.backendMetadata).toEqual(metadata);
      expectWorking(site, resource);

      rmSync(join(site.storage, resource.backendId, folder), { recursive: true });
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(bucketsOf(site)).toEqual([]);
    }),
  );

  test('with purge the data goes as well', () =>
    withBucket({ settings: 'on_terminate: purge' }, async (site, resource) => {
      putObject(site, resource);
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(resource.state).toBe('Terminated');
      expect(accountsOf(site)).toEqual({});
      await soon(() => expect(treeOf(site)).toEqual(['.agent', '.agent/accounts']));
    }));

  test('with suspend the data stays and the keys open nothing', () =>
    withBucket({ settings: 'on_terminate: suspend' }, async (site, resource) => {
      const object = putObject(site, resource);
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(resource.state).toBe('Terminated');
      expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
      expect(accountsOf(site)[resource.backendId]).toMatchObject({ suspended: true });
      expect(readFileSync(object, 'utf8')).toBe('data');
    }));

  test('what was never made is done at once, even beside a bucket of the name it would have had', () =>
    withBucket({}, async (site, resource) => {
      const tree = treeOf(site);
      site.sandbox.store.resources.change(resource, (row) => {
        row.backendId = '';
        row.backendMetadata = {};
      });
      const order = await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(resource.state).toBe('Terminated');
      expect(treeOf(site)).toEqual(tree);
      expect(requestsAbout(site, order)).not.toContain('POST resource set_backend_metadata');
    }));

  test('what someone else removed is done', () =>
    withBucket({}, async (site, resource) => {
      rmSync(join(site.storage, resource.backendId), { recursive: true });
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(resource.state).toBe('Terminated');
      expect(bucketsOf(site)).toEqual([]);
    }));

  test('a bucket that belongs to another resource is not touched', () =>
    withBucket({}, async (site, resource) => {
      const other = (await fulfilled(site)).resource;
      site.sandbox.store.resources.change(resource, (row) => {
        row.backendId = other.backendId;
      });
      const tree = treeOf(site);
      const order = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
      await reach(site, order, 'rejected');
      expect(order.providerRejection).toContain('ACCOUNT_TAKEN');
      expect(resource.state).toBe('OK');
      expect(treeOf(site)).toEqual(tree);
      expectWorking(site, other);
    }));

  test('an offering that must not delete leaves the order to a person', () =>
    withBucket({ extra: 'policy: no-delete' }, async (site, resource) => {
      resource.offering.pluginOptions = { enable_provider_consumer_messaging: true };
      const order = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
      await soon(() => expect(site.logs.join('')).toContain('POLICY'));
      await settled(site);
      expect(order.state).toBe('pending-provider');
      expect(order.providerMessage).toContain('operator');
      expect(bucketsOf(site)).toEqual([resource.backendId]);
      expect(await (await fetch(`http://127.0.0.1:${site.port()}/readyz`)).text()).toContain('POLICY');
    }));
});

describe('restore', () => {
  async function terminated(site: Site, resource: Resource): Promise<void> {
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    // What was removed goes in the background.
    await soon(() => expect(treeOf(site).join()).not.toContain('.deleted-'));
    site.sandbox.journal.clear();
  }

  test('the account comes back under its name, with new keys', () =>
    withBucket({}, async (site, resource) => {
      const { backendId } = resource;
      const keys = accountsOf(site)[backendId]?.keys;
      await terminated(site, resource);
      await fulfilled(site, { type: 'Restore', resource: resource.uuid });
      recount(site);
      expect(resource.backendId).toBe(backendId);
      expectWorking(site, resource);
      expect(accountsOf(site)[backendId]?.keys).not.toEqual(keys);
      expect(limitOf(site, backendId)).toBe(5 * GIB);
    }));

  test('what was only suspended opens again, with its data', () =>
    withBucket({ settings: 'on_terminate: suspend' }, async (site, resource) => {
      const object = putObject(site, resource);
      await terminated(site, resource);
      await fulfilled(site, { type: 'Restore', resource: resource.uuid });
      expectWorking(site, resource);
      expect(existsSync(object)).toBe(true);
    }));

  test('what cannot come back is erred: rejected, it would look fine', () =>
    withBucket({}, async (site, resource) => {
      await terminated(site, resource);
      mkdirSync(join(site.storage, resource.backendId));
      const tree = treeOf(site);
      const order = site.sandbox.placeOrder({ type: 'Restore', resource: resource.uuid });
      await reach(site, order, 'erred');
      expect(order.errorMessage).toContain('ACCOUNT_UNSTAMPED');
      expect(resource.state).toBe('Erred');
      expect(treeOf(site)).toEqual(tree);
    }));
});

test('the last usage is reported before the account is deleted, also what was stored since the last report', () =>
  withSite({ offering: 'usage', settings: 'on_terminate: purge' }, async (site) => {
    await ready(site);
    const { resource } = await fulfilled(site, { offering: FIXTURE.usage, attributes: { storage_limit: 5 } });
    fill(site, resource, 2.5);
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect(recorded(site, resource)).toMatchObject({ storage: 250n });
    expect(bucketsOf(site)).toEqual([]);
  }));

test('what was reported is not taken back because the account was emptied before its end', () =>
  withSite({ offering: 'usage' }, async (site) => {
    const agent = await started(site);
    const { resource } = await fulfilled(site, { offering: FIXTURE.usage, attributes: { storage_limit: 5 } });
    fill(site, resource, 2.5);
    await report(site, agent);
    rmSync(join(site.storage, resource.backendId, 'object'));
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect(recorded(site, resource)).toMatchObject({ storage: 250n });
  }));

test('while the last usage cannot be reported nothing is deleted', () =>
  withSite({ ...HASTY, offering: 'usage', settings: 'on_terminate: purge' }, async (site) => {
    await ready(site);
    const { resource } = await fulfilled(site, { offering: FIXTURE.usage, attributes: { storage_limit: 5 } });
    fill(site, resource, 2.5);
    site.sandbox.faults.add({ match: { path: '*/set_usage/' }, times: 2, action: { kind: 'status', status: 503 } });
    const order = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
    const refused = () =>
      site.sandbox.journal.entries(0, 'http').filter(({ path, status }) => {
        return path?.endsWith('/set_usage/') === true && status === 503;
      });
    await soon(() => expect(refused()).toHaveLength(1));
    expect(bucketsOf(site)).toEqual([resource.backendId]);
    await reach(site, order, 'done');
    await settled(site);
    expect(recorded(site, resource)).toMatchObject({ storage: 250n });
  }));
