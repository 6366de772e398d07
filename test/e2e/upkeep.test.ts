import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import {
  accountsOf,
  act,
  bucketsOf,
  expectWorking,
  fulfilled,
  GIB,
  limitOf,
  quotaOf,
  ready,
  settled,
  soon,
  withSite,
} from './helpers.ts';
import { lookAtAll } from './keys.ts';

/** A bucket of 5 GB that is there already. */
async function owned(site: Site): Promise<Resource> {
  await ready(site);
  return (await fulfilled(site, { limits: { storage: 5 } })).resource;
}

function flag(site: Site, resource: Resource, action: string, body: JsonObject) {
  return act(site, 'staff', `marketplace-provider-resources/${resource.uuid}/${action}/`, body);
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

describe('what someone changed at the backend', () => {
  test('a limit is set again, and counted', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      edit(site, resource.backendId, { max_size_bytes: 1 });
      await lookAtAll(site);
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(5 * GIB));
      await soon(async () => expect(await drift(site)).toEqual({ found: 1, repaired: 1, left: 0 }));
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

  test('an event about a resource whose bucket is missing is one proof, not two', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      rmSync(join(site.storage, resource.backendId), { recursive: true });
      await flag(site, resource, 'set_paused', { paused: true });
      await soon(() => expect(site.logs.join('')).toContain('the account of the resource is missing'));
      await settled(site);
      expect(bucketsOf(site)).toEqual([]);
      await lookAtAll(site);
      await soon(() => expect(accountsOf(site)[resource.backendId]?.suspended).toBe(true));
      expect(bucketsOf(site)).toEqual([resource.backendId]);
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
      expect(await drift(site)).toEqual({ found: 1, repaired: 0, left: 1 });
    }));
});

describe('what Waldur says of the resource', () => {
  test('it is erred when its bucket is gone for good, and OK again when there is one', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      await restart(site, 'observe-only');
      rmSync(join(site.storage, resource.backendId), { recursive: true });
      for (const proof of [1, 2]) {
        await lookAtAll(site);
        const missing = () => site.logs.filter((line) => line.includes('of the resource is missing'));
        await soon(() => expect(missing().length).toBeGreaterThanOrEqual(proof));
      }
      await soon(() => expect(resource.state).toBe('Erred'));
      expect(resource.errorMessage).toMatch(/^The storage account of this resource is gone.*\(ACCOUNT_MISSING\)$/);
      await restart(site, 'full');
      await lookAtAll(site);
      await settled(site);
      await lookAtAll(site);
      await soon(() => expectWorking(site, resource));
      expect(resource.errorMessage).toBe('');
    }));

  test('it is erred when its bucket is stamped by another resource, and OK when it is its own again', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      const stamp = (owner: string): void => {
        const path = join(site.storage, '.agent', 'accounts', `${resource.backendId}.json`);
        const before = readFileSync(path, 'utf8');
        writeFileSync(path, before.replace(/"resource": "\w+"/, `"resource": "${owner}"`));
        const marker = readdirSync(join(site.storage, resource.backendId)).find((name) => name.includes('meta'));
        const file = join(site.storage, resource.backendId, marker ?? '');
        writeFileSync(file, readFileSync(file, 'utf8').replace(/[0-9a-f]{32}/, owner));
      };
      stamp('b'.repeat(32));
      await lookAtAll(site);
      await soon(() => expect(resource.errorMessage).toMatch(/belongs to another one\. \(ACCOUNT_TAKEN\)$/));
      expect(resource.state).toBe('Erred');
      stamp(resource.uuid);
      await lookAtAll(site);
      await soon(() => expectWorking(site, resource));
    }));

  test('what a person made erred stays so, and an outage makes nothing erred', () =>
    withSite({}, async (site) => {
      const resource = await owned(site);
      await flag(site, resource, 'set_as_erred', { error_message: 'on purpose', error_traceback: '' });
      edit(site, resource.backendId, { max_size_bytes: 1 });
      await lookAtAll(site);
      await soon(() => expect(limitOf(site, resource.backendId)).toBe(5 * GIB));
      await settled(site);
      expect(resource).toMatchObject({ state: 'Erred', errorMessage: 'on purpose' });
      await flag(site, resource, 'set_as_ok', {});
      renameSync(site.storage, `${site.storage}.away`);
      for (const _ of [1, 2]) await lookAtAll(site);
      await flag(site, resource, 'set_paused', { paused: true });
      await soon(() => expect(site.logs.join('')).toContain('could not be brought in step'));
      renameSync(`${site.storage}.away`, site.storage);
      expect(resource).toMatchObject({ state: 'OK', errorMessage: '' });
    }));
});

async function restart(site: Site, policy: 'full' | 'observe-only'): Promise<void> {
  await site.stop();
  Object.assign(site.config.offerings[0] ?? {}, { policy });
  await ready(site);
}

/** `drift_total` as the metrics page has it. */
async function drift(site: Site): Promise<Record<string, number>> {
  const page = await (await fetch(`http://127.0.0.1:${site.port()}/metrics`)).text();
  const lines = page.matchAll(/^waldur_agent_drift_total\{.*result="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, result = '', count]) => [result, Number(count)]));
}
