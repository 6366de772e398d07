import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accountsOf, act, fulfilled, HASTY, reach, ready, settled, soon, tell, withSite } from './helpers.ts';
import { API_KEYS, expectKeysWork, KEYS, keysOf, lookAtAll, owned, switchTo, withCroit } from './keys.ts';

describe('credentials: api_keys', () => {
  test('the secret of a new account is in the API key and nowhere else', () =>
    withSite(API_KEYS, async (site) => {
      site.sandbox.journal.bodies = true;
      const resource = await owned(site);
      expectKeysWork(site, resource);
      expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
      expect(resource.backendMetadata).toMatchObject({ s3_user: resource.backendId });
      const [key] = accountsOf(site)[resource.backendId]?.keys ?? [];
      expect(site.logs.join('')).not.toContain(key?.secret_key);
    }));

  test.each(['croit', 'radosgw'] as const)('two keys with %s, each reported before the next is made', (flavour) =>
    withCroit(flavour, 'credentials: api_keys\n', async (site, cluster) => {
      const { resource } = await fulfilled(site, { offering: site.offering, attributes: { storage_limit: 4 } });
      const known = keysOf(site, resource).map(({ clientId, secret, state }) => [clientId, secret, state]);
      expect(known).toHaveLength(2);
      const there = cluster.user(resource.backendId).keys.map((key) => [key.access_key, key.secret_key, 'OK']);
      expect(new Set(known.map(String))).toEqual(new Set(there.map(String)));
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      expect(keysOf(site, resource)).toEqual([]);
      expect(cluster.rgw.users.has(resource.backendId)).toBe(false);
    }),
  );

  test('a restored account has new keys', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      const [before] = keysOf(site, resource);
      await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
      await fulfilled(site, { type: 'Restore', resource: resource.uuid });
      expectKeysWork(site, resource);
      expect(keysOf(site, resource)[0]?.clientId).not.toBe(before?.clientId);
    }));

  test('a server without API keys is for the operator: nothing is made, and the order is kept', () =>
    withSite({ ...API_KEYS, sandbox: { profile: '2024' }, ...HASTY }, async (site) => {
      await ready(site);
      const order = site.sandbox.placeOrder({});
      await soon(() => expect(site.logs.join('')).toContain('WALDUR_NO_API_KEYS'));
      expect(order.state).toBe('pending-provider');
      expect(accountsOf(site)).toEqual({});
    }));

  test('an order waits while the keys cannot be listed, and is then carried out with one key', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      await ready(site);
      await tell(site, 'faults', {
        match: { method: 'GET', path: `/api/${KEYS}` },
        times: 6,
        action: { kind: 'status', status: 502 },
      });
      const order = site.sandbox.placeOrder({});
      await reach(site, order, 'done');
      expectKeysWork(site, order.resource);
    }));

  test('a key Waldur refuses is taken away again', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      await ready(site);
      const path = `/api/${KEYS}report_created/`;
      await tell(site, 'faults', {
        match: { method: 'POST', path },
        times: 2,
        action: { kind: 'status', status: 400 },
      });
      const order = site.sandbox.placeOrder({});
      await reach(site, order, 'done');
      expectKeysWork(site, order.resource);
    }));

  test('an answer that got lost leaves one key', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      await ready(site);
      const path = `/api/${KEYS}report_created/`;
      await tell(site, 'faults', { match: { method: 'POST', path }, times: 1, action: { kind: 'reset.after' } });
      const order = site.sandbox.placeOrder({});
      await reach(site, order, 'done');
      expectKeysWork(site, order.resource);
    }));
});

describe('upkeep of API keys', () => {
  test('a key that was deleted at the backend is replaced, in its own row', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      const [before] = keysOf(site, resource).map(({ uuid, clientId }) => ({ uuid, clientId }));
      await site.stop();
      rmSync(join(site.storage, '.agent'), { recursive: true });
      await ready(site);
      await lookAtAll(site);
      await soon(() => expectKeysWork(site, resource));
      const [after] = keysOf(site, resource);
      expect(after?.uuid).toBe(before?.uuid);
      expect(after?.clientId).not.toBe(before?.clientId);
    }));

  test('while the keys cannot be listed nothing is made and nothing is taken away', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      const resource = await owned(site);
      const before = accountsOf(site);
      await tell(site, 'faults', {
        match: { method: 'GET', path: `/api/${KEYS}` },
        action: { kind: 'status', status: 502 },
      });
      await lookAtAll(site);
      await soon(() =>
        expect(site.logs.join('')).toContain('the offering cannot compare its resources with the backend'),
      );
      expect(accountsOf(site)).toEqual(before);
      await act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/set_paused/`, { paused: true });
      await soon(() => expect(site.logs.join('')).toContain('the resource could not be brought in step'));
      expect(accountsOf(site)).toEqual(before);
    }));
});

describe('another place for the credentials', () => {
  test('from metadata to API keys: the key goes on working, and its secret leaves the metadata', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      const { keys: before } = accountsOf(site)[resource.backendId] ?? { keys: [] };
      await switchTo(site, 'api_keys');
      await soon(() => expect(resource.backendMetadata).not.toHaveProperty('s3_credentials'));
      await settled(site);
      expectKeysWork(site, resource);
      expect(accountsOf(site)[resource.backendId]?.keys).toEqual(before);
    }));

  test('and back: the metadata has a key that works, and those the consumer had before still do', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      const [before] = keysOf(site, resource);
      await switchTo(site, 'metadata');
      await soon(() => expect(resource.backendMetadata).toHaveProperty('s3_credentials'));
      await lookAtAll(site);
      await settled(site);
      const keys = accountsOf(site)[resource.backendId]?.keys ?? [];
      const { access_key, secret_key } = resource.backendMetadata['s3_credentials'] as Record<string, string>;
      expect(keys).toEqual([expect.objectContaining({ access_key: before?.clientId }), { access_key, secret_key }]);
      await switchTo(site, 'api_keys');
      await soon(() => expect(resource.backendMetadata).not.toHaveProperty('s3_credentials'));
    }));
});
