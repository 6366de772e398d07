import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import { withSite } from './helpers.ts';
import { fill, QUIET, recorded, report, seed, started, tally } from './metered.ts';

test('250 buckets are reported, and nothing is sent again as long as nothing changes', () =>
  withSite(QUIET, async (site) => {
    const resources = Array.from({ length: 250 }, (_, index) => seed(site, index / 100));
    const agent = await started(site);
    expect(await report(site, agent)).toMatchObject({ submitted: 250, unchanged: 0, missing: 0, failed: 0 });
    for (const [index, resource] of resources.entries()) {
      expect(recorded(site, resource)).toEqual({ storage: BigInt(index), objects: 100n });
    }
    expect(tally(site)).toEqual({
      'GET site-agent-identities/': 1,
      'GET component-usages/': 1,
      'GET provider-offerings/:u/': 1,
      'GET provider-resources/': 3,
      'POST component-usages/set_usage/': 250,
    });

    site.sandbox.journal.clear();
    expect(await report(site, agent)).toMatchObject({ submitted: 0, unchanged: 250 });
    expect(tally(site)).toEqual({ 'GET provider-resources/': 3 });

    fill(site, resources[7] as Resource, 9);
    site.sandbox.journal.clear();
    expect(await report(site, agent)).toMatchObject({ submitted: 1, unchanged: 249 });
    expect(tally(site)).toEqual({ 'GET provider-resources/': 3, 'POST component-usages/set_usage/': 1 });
    expect(recorded(site, resources[7] as Resource)['storage']).toBe(900n);
  }));

test('only resources that are there are reported', () =>
  withSite(QUIET, async (site) => {
    const states = ['OK', 'Updating', 'Terminating', 'Creating', 'Erred', 'Terminated'] as const;
    const resources = states.map((state) => seed(site, 1, state));
    await report(site, await started(site));
    expect(resources.map((resource) => recorded(site, resource)['storage'])).toEqual([
      100n,
      100n,
      100n,
      undefined,
      undefined,
      undefined,
    ]);
  }));

test('a component that is billed at a fixed price is left out, and the others go', () =>
  withSite(QUIET, async (site) => {
    const objects = site.sandbox.store.offerings.get(FIXTURE.limit)?.components.find(({ type }) => type === 'objects');
    if (objects !== undefined) objects.billingType = 'fixed';
    const resource = seed(site, 1.5);
    expect(await report(site, await started(site))).toMatchObject({ submitted: 1, failed: 0 });
    expect(recorded(site, resource)).toEqual({ storage: 150n });
  }));

describe('one resource that cannot be reported does not keep the others from it', () => {
  test.each<[string, (site: Site, resource: Resource) => void, object]>([
    [
      'its bucket is gone',
      (site, { backendId }) => rmSync(join(site.storage, backendId), { recursive: true }),
      { missing: 1 },
    ],
    [
      'its bucket is a file',
      (site, { backendId }) => {
        rmSync(join(site.storage, backendId), { recursive: true });
        writeFileSync(join(site.storage, backendId), '');
      },
      { missing: 1 },
    ],
    [
      'its backend id is a path',
      ({ sandbox }, resource) =>
        sandbox.store.resources.change(resource, (row) => {
          row.backendId = '../../etc';
        }),
      { missing: 1 },
    ],
    [
      'it has no account yet',
      ({ sandbox }, resource) =>
        sandbox.store.resources.change(resource, (row) => {
          row.backendId = '';
        }),
      { missing: 1 },
    ],
    [
      'it has no plan',
      (_, resource) => {
        resource.plan = undefined;
      },
      { missing: 1 },
    ],
    [
      'Waldur does not take it',
      ({ sandbox }) => {
        const action = { kind: 'status', status: 500, body: '<html>' } as const;
        sandbox.faults.add({ match: { path: '*/set_usage/' }, times: 1, action });
      },
      { failed: 1 },
    ],
  ])('%s', (_, spoil, outcome) =>
    withSite(QUIET, async (site) => {
      const resources = [seed(site, 1), seed(site, 2), seed(site, 3)];
      const agent = await started(site);
      spoil(site, resources[0] as Resource);
      expect(await report(site, agent)).toMatchObject({ submitted: 2, ...outcome });
      // Unreadable is never zero.
      const amounts = resources.map((resource) => recorded(site, resource)['storage']);
      expect(amounts.filter((amount) => amount !== undefined)).toHaveLength(2);
      expect(amounts).not.toContain(0n);
      expect(site.logs.join('')).not.toContain('"code":"BUG"');
    }),
  );

  test('what Waldur did not take is sent by the next pass', () =>
    withSite(QUIET, async (site) => {
      const resource = seed(site, 1);
      const agent = await started(site);
      const action = { kind: 'status', status: 500, body: '<html>' } as const;
      site.sandbox.faults.add({ match: { path: '*/set_usage/' }, times: 1, action });
      expect(await report(site, agent)).toMatchObject({ submitted: 0, failed: 1 });
      expect(await report(site, agent)).toMatchObject({ submitted: 1, failed: 0 });
      expect(recorded(site, resource)['storage']).toBe(100n);
    }));
});

test('a storage that is away is reported as nothing, not as empty', () =>
  withSite(QUIET, async (site) => {
    const resource = seed(site, 1);
    const agent = await started(site);
    await report(site, agent);
    rmSync(join(site.storage, resource.backendId), { recursive: true });
    expect(await report(site, agent)).toMatchObject({ submitted: 0, missing: 1 });
    expect(recorded(site, resource)['storage']).toBe(100n);
  }));

test('a pass that cannot read Waldur says so, and the next one is complete', () =>
  withSite(QUIET, async (site) => {
    const resource = seed(site, 1);
    const agent = await started(site);
    const action = { kind: 'status', status: 502, body: '<html>' } as const;
    site.sandbox.faults.add({ match: { path: '/api/marketplace-provider-resources/' }, times: 1, action });
    expect(await report(site, agent)).toMatchObject({ level: 'error', err: { code: 'WALDUR_FAILED' } });
    expect(await report(site, agent)).toMatchObject({ submitted: 1 });
    expect(recorded(site, resource)['storage']).toBe(100n);
  }));

test('Waldur 2024 gets its reports without a date', () =>
  withSite({ ...QUIET, sandbox: { profile: '2024' } }, async (site) => {
    const resource = seed(site, 2.25);
    const agent = await started(site);
    site.sandbox.journal.bodies = true;
    expect(await report(site, agent)).toMatchObject({ submitted: 1 });
    expect(recorded(site, resource)['storage']).toBe(225n);
    const [sent] = site.sandbox.journal.entries(0, 'http').filter(({ path }) => path?.endsWith('/set_usage/'));
    const body = JSON.parse(sent?.requestBody as string) as Record<string, unknown>;
    expect(body).toMatchObject({ resource: resource.uuid });
    expect(body).not.toHaveProperty('date');
  }));

test('a storage that is gone is no report at all, and counts as none', () =>
  withSite(QUIET, async (site) => {
    seed(site, 1);
    const agent = await started(site);
    renameSync(site.storage, `${site.storage}.away`);
    expect(await report(site, agent)).toMatchObject({ submitted: 0, missing: 1 });
    const last = async (): Promise<string | undefined> => {
      const page = await (await fetch(`http://127.0.0.1:${site.port()}/metrics`)).text();
      return /^waldur_agent_report_last_success_timestamp_seconds\{.*\} (.*)$/m.exec(page)?.[1];
    };
    expect(await last()).toBe('0');
    expect(site.logs.join('')).toContain('IRONBUCKET_STORAGE_GONE');
    renameSync(`${site.storage}.away`, site.storage);
    expect(await report(site, agent)).toMatchObject({ submitted: 1, missing: 0 });
    expect(Number(await last())).toBeGreaterThan(0);
  }));
