import { expect } from 'vitest';
import { type Cluster, startCluster } from '../../plugins/croit-s3/test/lab.ts';
import type { ApiKey, Resource } from '../../src/sandbox/model.ts';
import { openSite, type Site, type SiteOptions } from '../fakes/site.ts';
import { accountsOf, act, fulfilled, HASTY, ready } from './helpers.ts';

export const API_KEYS = { settings: 'credentials: api_keys' } as const satisfies SiteOptions;
export const KEYS = 'marketplace-resource-api-keys/';

/** A bucket that is there already, with its key. */
export async function owned(site: Site): Promise<Resource> {
  await ready(site);
  return (await fulfilled(site, { limits: { storage: 5 } })).resource;
}

/** The same site with other credentials, as after a change of its file and a restart. */
export async function switchTo(site: Site, credentials: 'metadata' | 'api_keys'): Promise<void> {
  await site.stop();
  Object.assign(site.config.offerings[0] ?? {}, { credentials });
  await ready(site);
  await lookAtAll(site);
}

/** What Waldur keeps of the resource's keys, with the secrets. */
export function keysOf({ sandbox }: Site, { uuid }: Resource): readonly ApiKey[] {
  return sandbox.store.keys.by('resource', uuid);
}

/** Someone in the portal wants everything looked at. */
export function lookAtAll(site: Site): Promise<unknown> {
  return act(site, 'provider-owner', `marketplace-provider-offerings/${site.offering}/sync_resources/`);
}

/** The keys that consumers see are those that open the bucket, and there are no others. */
export function expectKeysWork(site: Site, resource: Resource): void {
  expect(resource.state).toBe('OK');
  const seen = keysOf(site, resource);
  expect(seen.map(({ state }) => state)).toEqual(['OK']);
  const pairs = seen.map(({ clientId, secret }) => ({ access_key: clientId, secret_key: secret }));
  const record = accountsOf(site)[resource.backendId];
  expect(record).toMatchObject({ resource: resource.uuid, suspended: false });
  expect(record?.keys).toEqual(pairs);
}

/** A site whose buckets are on a cluster, for the time of `work`. */
export async function withCroit(
  flavour: 'croit' | 'radosgw',
  settings: string,
  work: (site: Site, cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = await startCluster();
  const own = Object.entries(cluster.settings(flavour)).filter(([, value]) => value !== '');
  const lines = own.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('') + settings;
  const site = await openSite({ ...HASTY, offering: 'options', backend: 'croit_s3', settings: lines });
  try {
    await ready(site);
    await work(site, cluster);
    expect(site.sandbox.invariants()).toEqual([]);
  } finally {
    await site.close();
    await cluster.close();
  }
}
