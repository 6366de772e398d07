import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { policyName } from '../../plugins/minio/bucket-names.ts';
import { stampOf } from '../../plugins/minio/policy.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { createS3, type S3 } from '../../src/s3/index.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import { act, fulfilled, reach, ready, settled, soon } from '../e2e/helpers.ts';
import { keysOf, lookAtAll } from '../e2e/keys.ts';
import { recorded, report } from '../e2e/metered.ts';
import type { Site } from '../fakes/site.ts';
import { openMinioSite } from './minio/agent-site.ts';
import { type Emulator, startEmulator } from './minio/emulator.ts';
import { credentialsOf, type S3Target } from './s3-tools.ts';

// Each order derives keys for half a second, and several times that on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const { signal } = new AbortController();
const BUCKET = 'reads-of-acme';
const MIB = 1_048_576n;

let emulator: Emulator;
let site: Site | undefined;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  await site?.close();
  site = undefined;
  await emulator.close();
});

const order = (where: Site, attributes = {}) =>
  fulfilled(where, { offering: FIXTURE.limit, attributes, limits: { storage: 300, objects: 0 } });

/** Pairs that work: one that was switched off goes when Waldur has not known it for a quarter of an hour. */
const pairs = () =>
  [...emulator.state.serviceAccounts]
    .filter(([, { enabled }]) => enabled)
    .map(([accessKey, { secret: secretKey }]) => ({ accessKey, secretKey }));

test('the life of an account: ordered with attributes, used, made larger, changed by hand and repaired, reported, purged', async () => {
  site = await openMinioSite(emulator, 'on_terminate: purge\n');
  await ready(site);
  const { resource } = await order(site, {
    bucket_name: BUCKET,
    versioning: true,
    tags: '{"team":"blue"}',
    lifecycle_days: 30,
  });
  const account = resource.backendId;
  expect(resource.backendMetadata).toMatchObject({
    s3_bucket: BUCKET,
    quota_enforcement: 'best-effort',
    writable: true,
  });
  expect(emulator.store.bucket(BUCKET)).toMatchObject({ versioning: 'Enabled' });
  await using(resource, async (s3) => {
    await s3.objects.put(BUCKET, 'a', 'hello', 'text/plain', signal);
    await expect(s3.objects.put('another-bucket', 'a', 'hello', 'text/plain', signal)).rejects.toThrow();
  });
  await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 900, objects: 0 } });
  expect(emulator.state.quotas.get(BUCKET)?.size).toBe(900n * MIB);

  // By hand: limit, versions, tags, lifecycle, and the key is switched off.
  const [{ accessKey } = NONE] = pairs();
  const { state, store } = emulator;
  state.quotas.set(BUCKET, { quota: 1n, size: 1n, rate: 0n, requests: 0n, type: 'hard' });
  store.bucket(BUCKET).versioning = 'Suspended';
  store.bucket(BUCKET).lifecycle = undefined;
  store.bucket(BUCKET).tags.set('team', 'red');
  const key = state.serviceAccounts.get(accessKey);
  if (key !== undefined) state.serviceAccounts.set(accessKey, { ...key, enabled: false });
  await soon(async () => {
    if (site !== undefined) await lookAtAll(site);
    expect(state.quotas.get(BUCKET)?.size).toBe(900n * MIB);
    expect(store.bucket(BUCKET)).toMatchObject({ versioning: 'Enabled', lifecycle: expect.stringContaining('30') });
    expect(store.bucket(BUCKET).tags.get('team')).toBe('blue');
    expect(pairs()).toHaveLength(1);
    expect(pairs()[0]?.accessKey).not.toBe(accessKey);
  });
  await soon(() => expect(pairs()).toEqual([pairOf(resource)]));
  await settled(site);

  emulator.scan();
  await site.stop();
  const agent = await site.start();
  await settled(site);
  await report(site, agent);
  // In hundredths.
  expect(recorded(site, resource)).toMatchObject({ objects: 100n });
  const secrets = [emulator.root.secretKey, credentialsOf(resource.backendMetadata).secretKey];
  for (const secret of secrets) expect(site.logs.join('')).not.toContain(secret);
  await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
  expect([state.users.size, state.policies.has(policyName(account)), pairs(), store.buckets.size]).toEqual([
    0,
    false,
    [],
    0,
  ]);
  expect(site.sandbox.invariants()).toEqual([]);
});

test('an account that holds data is kept by on_terminate: refuse, and suspended by suspend', async () => {
  site = await openMinioSite(emulator, 'on_terminate: refuse\n');
  await ready(site);
  const { resource } = await order(site, { bucket_name: BUCKET });
  await using(resource, (s3) => s3.objects.put(BUCKET, 'a', 'hello', 'text/plain', signal));
  const refused = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
  await reach(site, refused, 'erred');
  expect(refused.errorMessage).toContain('MINIO_NOT_EMPTY');
  expect(stampOf(emulator.state.policies.get(policyName(resource.backendId))?.document)).toBe(resource.uuid);
  await site.close();

  site = await openMinioSite(emulator, 'on_terminate: suspend\n');
  await ready(site);
  const { resource: again } = await order(site, { bucket_name: BUCKET });
  expect(again.backendId).toBe(resource.backendId);
  await fulfilled(site, { type: 'Terminate', resource: again.uuid });
  expect(emulator.state.users.get(again.backendId)?.enabled).toBe(false);
  expect(emulator.store.bucket(BUCKET).objects.has('a')).toBe(true);
});

test('credentials: api_keys: pairs are in API keys, rotated by the consumer, and replaced when they were switched off', async () => {
  site = await openMinioSite(emulator, 'credentials: api_keys\n');
  await ready(site);
  const here = site;
  const { resource } = await order(site, { bucket_name: BUCKET });
  const known = () =>
    keysOf(here, resource).map(({ clientId, secret }) => ({ accessKey: clientId, secretKey: secret }));
  const both = async (check: () => void): Promise<void> =>
    soon(async () => {
      await lookAtAll(here);
      expect(known()).toHaveLength(2);
      expect(byKey(known())).toEqual(byKey(pairs()));
      check();
    });
  await both(() => undefined);
  expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');

  const [first = NONE, second = NONE] = known();
  const row = keysOf(site, resource).find(({ clientId }) => clientId === first.accessKey);
  await act(site, 'consumer', `marketplace-resource-api-keys/${row?.uuid}/rotate/`);
  await both(() => {
    expect(pairs()).toContainEqual(second);
    expect(pairs()).not.toContainEqual(first);
  });

  const key = emulator.state.serviceAccounts.get(second.accessKey);
  if (key !== undefined) emulator.state.serviceAccounts.set(second.accessKey, { ...key, enabled: false });
  await both(() => expect(pairs()).not.toContainEqual(second));
  for (const { secretKey } of [first, second, ...pairs()]) expect(site.logs.join('')).not.toContain(secretKey);
  await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
  expect([emulator.state.users.size, pairs(), keysOf(site, resource).length]).toEqual([0, [], 0]);
  expect(site.sandbox.invariants()).toEqual([]);
});

const NONE = { accessKey: '', secretKey: '' };

function byKey<T extends { readonly accessKey: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (a.accessKey < b.accessKey ? -1 : 1));
}

function pairOf({ backendMetadata }: Resource): Pick<S3Target, 'accessKey' | 'secretKey'> {
  const { accessKey, secretKey } = credentialsOf(backendMetadata);
  return { accessKey, secretKey };
}

/** What the consumer was told. */
async function using(resource: Resource, work: (s3: S3) => Promise<void>): Promise<void> {
  const { endpoint, region, ...keys } = credentialsOf(resource.backendMetadata);
  const connect: Parameters<typeof createS3>[0]['connect'] = (options) => createHttp(options, { clock: systemClock });
  const s3 = createS3({ connect, endpoint, region, keys, now: () => new Date() });
  try {
    await work(s3);
  } finally {
    s3.close();
  }
}
