import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import { accountsOf, act, expectWorking, fulfilled, GIB, limitOf, quotaOf, ready, soon, withSite } from './helpers.ts';

/** A bucket of 5 GB that is there already. */
async function owned(site: Site): Promise<Resource> {
  await ready(site);
  return (await fulfilled(site, { limits: { storage: 5 } })).resource;
}

function flag(site: Site, resource: Resource, action: string, body: JsonObject) {
  return act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/${action}/`, body);
}

/** Somebody in the portal wants everything looked at. */
function lookAtAll(site: Site) {
  return act(site, 'provider-owner', `marketplace-provider-offerings/${site.offering}/sync_resources/`);
}

function edit(site: Site, bucket: string, change: JsonObject): void {
  const quota = { ...quotaOf(site, bucket), ...change };
  writeFileSync(join(site.storage, bucket, '.quota'), JSON.stringify(quota));
}

describe('a flag set in the portal', () => {
  test('paused disables the keys, and taken back enables them', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      await flag(site, resource, 'set_paused', { paused: true });
      await soon(() => expect(accountsOf(site)[resource.backendId]?.suspended).toBe(true));
      await flag(site, resource, 'set_paused', { paused: false });
      await soon(() => expectWorking(site, resource));
    }));

  test('downscaled keeps the bucket from growing, and taken back gives it its limit again', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      edit(site, resource.backendId, { current_usage_bytes: 1000, object_count: 1 });
      await flag(site, resource, 'set_downscaled', { downscaled: true });
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(1000));
      await flag(site, resource, 'set_downscaled', { downscaled: false });
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(5 * GIB));
    }));
});

describe('what somebody changed at the backend', () => {
  test('a limit is set again', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      edit(site, resource.backendId, { max_size_bytes: 1 });
      await lookAtAll(site);
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(5 * GIB));
    }));

  test('lost keys are issued anew and stored in Waldur', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      rmSync(join(site.storage, '.agent'), { recursive: true });
      await site.stop();
      await ready(site);
      await lookAtAll(site);
      await soon(() => expectWorking(site, resource));
    }));

  test('a bucket is made again under its name when it was missing twice', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      rmSync(join(site.storage, resource.backendId), { recursive: true });
      await lookAtAll(site);
      await soon(() => expect(site.logs.filter((line) => line.includes('is missing'))).toHaveLength(1));
      await lookAtAll(site);
      await soon(() => expectWorking(site, resource));
      expect(limitOf(site, resource.backendId)).toBe(5 * GIB);
    }));

  test('what agrees is only read', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      site.sandbox.journal.clear();
      await lookAtAll(site);
      const asked = () => site.sandbox.journal.entries(0, 'http').map(({ method, path }) => `${method} ${path}`);
      await soon(() => expect(asked()).toContain('GET /api/marketplace-provider-resources/'));
      await site.stop();
      expect(asked().filter((request) => request.includes(resource.uuid))).toEqual([]);
    }));

  test('with observe-only it is reported and left', () =>
    withSite({ extra: 'policy: full' }, async (site) => {
      const resource = await owned(site);
      await site.stop();
      edit(site, resource.backendId, { max_size_bytes: 1 });
      Object.assign(site.config.offerings[0] ?? {}, { policy: 'observe-only' });
      await ready(site);
      await lookAtAll(site);
      await soon(() => expect(site.logs.join('')).toContain('forbids set-quota'));
      expect(limitOf(site, resource.backendId)).toBe(1);
    }));
});
