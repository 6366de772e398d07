import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isJsonObject, type Json } from '../../src/lib/json.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import { act, fulfilled, reach, ready, settled, soon } from '../e2e/helpers.ts';
import { recorded, report } from '../e2e/metered.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { awsOf } from './aws.ts';
import { type CephLab, GATEWAY, openCephLab, TOKEN } from './ceph-gateway.ts';

const MIB = 1_048_576;

let lab: CephLab;
let site: Site;
let folder: string;
beforeEach(async () => {
  lab = await openCephLab();
  folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  writeFileSync(join(folder, 'two'), Buffer.alloc(2 * MIB));
});
afterEach(async () => {
  await site.close();
  await lab.close();
  rmSync(folder, { recursive: true });
});

const FLAVOURS = {
  croit: (): string => `api_url: ${lab.facade.url}\ntoken: ${TOKEN}\ns3_endpoint: ${GATEWAY.endpoint}\n`,
  radosgw: (): string => {
    const { accessKey, secretKey } = GATEWAY.admin;
    return `flavour: radosgw\ns3_endpoint: ${GATEWAY.endpoint}\nadmin_access_key: ${accessKey}\nadmin_secret_key: ${secretKey}\n`;
  },
} as const;

async function siteOf(flavour: keyof typeof FLAVOURS, settings = ''): Promise<Site> {
  return openSite({
    offering: 'options',
    backend: 'croit_s3',
    settings: FLAVOURS[flavour]() + settings,
    // In the way of what is tested here: deadlines are tested elsewhere.
    agent: 'order_deadline: 10m\n',
  });
}

function create(storage: number, objects = 1000) {
  const attributes = { storage_limit: storage, object_limit: objects };
  return { offering: FIXTURE.options, attributes };
}

function consumerOf(resource: Resource) {
  return awsOf(resource.backendMetadata);
}

function secretOf({ backendMetadata }: Resource): string {
  const stored = backendMetadata['s3_credentials'];
  return isJsonObject(stored) ? text(stored['secret_key']) : '';
}

describe.each(['croit', 'radosgw'] as const)('flavour %s: the life of an account', (flavour) => {
  test('from its order to its end, as its owner sees it', async () => {
    site = await siteOf(flavour, 'on_terminate: purge\n');
    await ready(site);
    const { resource } = await fulfilled(site, create(4));
    const account = resource.backendId;
    expect(account).toBe(`waldur_acme_genomics_${resource.uuid.slice(0, 8)}`);
    expect(resource.endpoints).toMatchObject([{ name: 'S3', url: GATEWAY.endpoint }]);
    expect(resource.backendMetadata).toMatchObject({
      s3_credentials: { endpoint: GATEWAY.endpoint, region: 'default' },
      quotas: {
        user_quota: { enabled: true, maxSize: 4 * MIB, maxObjects: 1000 },
        bucket_quota: { enabled: true, maxSize: 4 * MIB, maxObjects: 1000 },
      },
    });
    const { body } = await lab.admin('GET', 'user', { uid: account });
    expect(body).toMatchObject({ keys: [{ secret_key: secretOf(resource) }] });

    // Until the limit, and beyond it when it was raised.
    const aws = consumerOf(resource);
    const copy = (name: string): ReturnType<typeof aws> => aws('s3', 'cp', join(folder, 'two'), `s3://reads/${name}`);
    expect(await aws('s3', 'mb', 's3://reads')).toMatchObject({ ok: true });
    expect(await copy('a')).toMatchObject({ ok: true });
    expect(await copy('b')).toMatchObject({ ok: true });
    expect(await copy('c')).toMatchObject({ ok: false, code: 'QuotaExceeded' });
    await fulfilled(site, { type: 'Update', kind: 'options', resource: resource.uuid, options: { storage_limit: 6 } });
    expect(await copy('c')).toMatchObject({ ok: true });
    expect(await copy('d')).toMatchObject({ ok: false, code: 'QuotaExceeded' });

    // What is billed is what is there.
    const agent = await restarted(site);
    await report(site, agent);
    expect(recorded(site, resource)).toMatchObject({ storage: 600n });

    // The end, and what is left of it.
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect(resource.state).toBe('Terminated');
    expect(resource.backendMetadata).not.toHaveProperty('s3_credentials');
    expect(await lab.admin('GET', 'user', { uid: account })).toMatchObject({ status: 404 });
    expect(await aws('s3', 'ls')).toMatchObject({ ok: false, code: 'InvalidAccessKeyId' });

    // And again, under the same name, with other keys.
    await fulfilled(site, { type: 'Restore', resource: resource.uuid });
    expect(resource).toMatchObject({ state: 'OK', backendId: account });
    expect(await consumerOf(resource)('s3', 'mb', 's3://again')).toMatchObject({ ok: true });
    for (const secret of [secretOf(resource), TOKEN, GATEWAY.admin.secretKey]) {
      expect(site.logs.join('')).not.toContain(secret);
    }
    expect(site.sandbox.invariants()).toEqual([]);
  });

  test('a terminate order is refused while there is a bucket, and done when it is gone', async () => {
    site = await siteOf(flavour);
    await ready(site);
    const { resource } = await fulfilled(site, create(4));
    const aws = consumerOf(resource);
    await aws('s3', 'mb', 's3://reads');
    await aws('s3', 'cp', join(folder, 'two'), 's3://reads/a');
    const order = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
    await reach(site, order, 'erred');
    await settled(site);
    expect(order.errorMessage).toMatch(/still has 1 bucket \(2 MiB\): reads\..*CROIT_S3_NOT_EMPTY/);
    expect(await aws('s3', 'ls', 's3://reads/')).toMatchObject({ ok: true, text: expect.stringContaining(' a') });
    expect(await aws('s3', 'rb', '--force', 's3://reads')).toMatchObject({ ok: true });
    await fulfilled(site, { type: 'Terminate', resource: resource.uuid });
    expect(await lab.admin('GET', 'user', { uid: resource.backendId })).toMatchObject({ status: 404 });
  });

  test('a quota that was turned off and a key that was deleted are repaired', async () => {
    site = await siteOf(flavour);
    await ready(site);
    const { resource } = await fulfilled(site, create(4));
    const uid = resource.backendId;
    await lab.admin('PUT', 'user', { quota: '', uid, 'quota-type': 'user', enabled: 'False' });
    await lookAtAll(site);
    await soon(async () => {
      const { body } = await lab.admin('GET', 'user', { quota: '', uid });
      expect(body).toMatchObject({ user_quota: { enabled: true, max_size: 4 * MIB } });
    });
    await lab.admin('DELETE', 'user', { key: '', uid, 'access-key': accessKeyOf(resource) });
    await soon(async () => {
      // As often as it takes: what is being repaired is not looked at.
      await lookAtAll(site);
      expect(await consumerOf(resource)('s3', 'ls')).toMatchObject({ ok: true });
    });
  });
});

test('flavour radosgw: a paused account answers 403, and works again afterwards', async () => {
  site = await siteOf('radosgw');
  await ready(site);
  const { resource } = await fulfilled(site, create(4));
  const aws = consumerOf(resource);
  expect(await aws('s3', 'mb', 's3://reads')).toMatchObject({ ok: true });
  const pause = (paused: boolean): Promise<unknown> =>
    act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/set_paused/`, { paused });
  await pause(true);
  await soon(async () => {
    expect(await aws('s3', 'ls', 's3://reads')).toMatchObject({
      ok: false,
      code: 'UserSuspended',
    });
  });
  await pause(false);
  await soon(async () => expect(await aws('s3', 'ls', 's3://reads')).toMatchObject({ ok: true }));
});

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function accessKeyOf({ backendMetadata }: Resource): string {
  const stored = backendMetadata['s3_credentials'];
  return isJsonObject(stored) ? text(stored['access_key']) : '';
}

/** Someone in the portal wants everything looked at. */
function lookAtAll({ ...of }: Site): Promise<unknown> {
  return act(of, 'provider-owner', `marketplace-provider-offerings/${of.offering}/sync_resources/`);
}

/** The agent once more, with nothing left to do. */
async function restarted(of: Site) {
  await of.stop();
  const agent = await of.start();
  await settled(of);
  return agent;
}
