import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Emulator, startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import type { DataPlane } from '../../plugins/civo/emulator/types.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { isJsonObject } from '../../src/lib/json.ts';
import { createS3, type S3 } from '../../src/s3/index.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import { act, fulfilled, reach, ready, settled, soon } from '../e2e/helpers.ts';
import { recorded, report } from '../e2e/metered.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { awsOf } from './aws.ts';
import { credentialsOf } from './s3-tools.ts';

export const CIVO_TOKEN = 'civo-lab-token-0123456789abcdef';

/** A size that holds two of the files, and the next one, which holds the third, too. */
const FILE_BYTES = 200_000;

export interface Life {
  /** In place of buckets in memory. */
  readonly plane?: DataPlane;
  /** What a gigabyte of Civo is in it. Undefined: sizes are real, and too large to be reached. */
  readonly gigabyte?: number;
}

/**
 * The life of a store as its owner sees it, by the whole agent: ordered with versioning and tags, used with its keys, made
 * larger, changed by hand and repaired, reported, kept while it holds data, and purged.
 */
export async function liveThrough({ plane, gigabyte }: Life): Promise<void> {
  const random = (bytes: number) => randomBytes(bytes);
  const delaysMs = { credential: 200, store: 400, deletion: 200 };
  const common = { clock: systemClock, random, token: CIVO_TOKEN, delaysMs, ghostMs: 0 };
  const emulator: Emulator = await (plane === undefined ? startEmulator(common) : startEmulator({ ...common, plane }));
  const folder = mkdtempSync(join(tmpdir(), 'civo-life-'));
  const settings = (onTerminate: string) =>
    `api_token: ${CIVO_TOKEN}\napi_url: ${emulator.url}\nregion: LON1\nrequests_per_second: 100\non_terminate: ${onTerminate}\n`;
  const open = (onTerminate: string) =>
    openSite({
      backend: 'civo',
      settings: settings(onTerminate),
      components: COMPONENTS,
      agent: 'order_deadline: 10m\n',
    });
  let site = await open('refuse');
  try {
    writeFileSync(join(folder, 'file'), randomBytes(FILE_BYTES));
    await ready(site);
    const { resource } = await order(site);
    expect(resource.backendId).toMatch(/^LON1\/[0-9a-f-]{36}$/);
    expect(resource.backendMetadata).toMatchObject({ bucket_name: 'reads-of-acme', max_size_gb: 500, status: 'ready' });
    await usesIt(site, resource, { file: join(folder, 'file'), isLimited: gigabyte !== undefined });
    await driftsAndIsRepaired(site, emulator, resource);
    await isReported(site, resource);
    const refused = site.sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid });
    await reach(site, refused, 'erred');
    expect(refused.errorMessage).toContain('CIVO_NOT_EMPTY');
    await settled(site);
    const { secretKey } = credentialsOf(resource.backendMetadata);
    for (const secret of [secretKey, CIVO_TOKEN]) expect(site.logs.join('')).not.toContain(secret);
    expect(site.sandbox.invariants()).toEqual([]);
    await site.close();

    // A Waldur that was set up anew gives the same UUIDs here: the agent finds the store by its stamp, and purges it.
    site = await open('purge');
    await ready(site);
    const { resource: again } = await order(site);
    expect(again.backendId).toBe(resource.backendId);
    const aws = awsOf(again.backendMetadata);
    expect(await aws('s3', 'ls', 's3://reads-of-acme')).toMatchObject({ ok: true });
    await fulfilled(site, { type: 'Terminate', resource: again.uuid });
    expect([emulator.account.stores.size, emulator.account.credentials.size]).toEqual([0, 0]);
    expect(await aws('s3', 'ls', 's3://reads-of-acme')).toMatchObject({ ok: false });
  } finally {
    await site.close();
    await emulator.close();
    rmSync(folder, { recursive: true });
  }
}

const COMPONENTS = `storage: { accounting_type: limit, backend_name: storage, measured_unit: GB, unit_factor: 1000000000, enforce_limits: true }
objects: { accounting_type: usage, backend_name: objects, measured_unit: objects, unit_factor: 1, enforce_limits: false }
`;

function order(site: Site) {
  const attributes = { bucket_name: 'reads-of-acme', versioning: true, tags: 'team:blue' };
  return fulfilled(site, { offering: FIXTURE.limit, attributes, limits: { storage: 300, objects: 0 } });
}

async function usesIt(
  site: Site,
  resource: Resource,
  { file, isLimited }: { file: string; isLimited: boolean },
): Promise<void> {
  const aws = awsOf(resource.backendMetadata);
  const copy = (key: string) => aws('s3', 'cp', file, `s3://reads-of-acme/${key}`);
  for (const key of ['a', 'b']) expect(await copy(key)).toMatchObject({ ok: true });
  expect(await aws('s3', 'cp', 's3://reads-of-acme/a', `${file}.back`)).toMatchObject({ ok: true });
  if (isLimited) expect(await copy('c')).toMatchObject({ ok: false, code: 'QuotaExceeded' });
  await fulfilled(site, { type: 'Update', resource: resource.uuid, limits: { storage: 900, objects: 0 } });
  expect(resource.backendMetadata).toMatchObject({ max_size_gb: 1000 });
  expect(await copy('c')).toMatchObject({ ok: true });
}

async function driftsAndIsRepaired(site: Site, emulator: Emulator, resource: Resource): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const bucket = 'reads-of-acme';
  const s3 = s3Of(resource);
  try {
    expect(await s3.documents.versioning(bucket, signal)).toBe('Enabled');
    expect(await s3.documents.tags(bucket, signal)).toEqual({ team: 'blue', 'waldur-resource': resource.uuid });
    await s3.documents.setVersioning(bucket, 'Suspended', signal);
    await s3.documents.setTags(bucket, { somebody: 'else' }, signal);
    const store = [...emulator.account.stores.values()].find(({ name }) => name === bucket);
    if (store === undefined) throw new Error('the store is gone');
    await emulator.account.resizeStore(store, 1500);
    await soon(async () => {
      await act(site, 'provider-owner', `marketplace-provider-offerings/${site.offering}/sync_resources/`);
      expect(await s3.documents.versioning(bucket, signal)).toBe('Enabled');
      expect(await s3.documents.tags(bucket, signal)).toEqual({ team: 'blue', 'waldur-resource': resource.uuid });
      expect(store.sizeGb).toBe(1000);
    });
  } finally {
    s3.close();
  }
}

async function isReported(site: Site, resource: Resource): Promise<void> {
  await site.stop();
  const agent = await site.start();
  await settled(site);
  await report(site, agent);
  expect(recorded(site, resource)).toMatchObject({ objects: 300n });
}

function s3Of({ backendMetadata }: Resource): S3 {
  const { endpoint, region, accessKey, secretKey } = credentialsOf(backendMetadata);
  expect(isJsonObject(backendMetadata)).toBe(true);
  return createS3({
    connect: (options) => createHttp(options, { clock: systemClock }),
    endpoint,
    region,
    keys: { accessKey, secretKey },
    now: () => new Date(),
  });
}
