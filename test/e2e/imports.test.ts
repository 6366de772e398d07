import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { ImportRequest } from '../../src/sandbox/model-agent.ts';
import type { Site } from '../fakes/site.ts';
import { fulfilled, HASTY, ready, soon, tell, withSite } from './helpers.ts';
import { withCroit } from './keys.ts';

const FOUND = 'waldur-acme-genomics-0123abcd';

/** Buckets as someone else made them. */
function make(site: Site, ...names: string[]): void {
  for (const name of names) mkdirSync(join(site.storage, name));
}

async function ask(site: Site): Promise<ImportRequest> {
  const answer = await tell(site, 'import', { offering: site.offering });
  const { request_uuid: uuid } = answer as { request_uuid: string };
  const request = site.sandbox.store.importRequests.get(uuid);
  if (request === undefined) throw new Error('there is no request');
  return request;
}

function offered({ sandbox, offering }: Site) {
  return sandbox.store.backendResources
    .by('offering', offering)
    .map(({ name, backendId, project, backendMetadata }) => ({
      name,
      backendId,
      project: project.uuid,
      backendMetadata,
    }));
}

describe('a request for what could be imported', () => {
  test('is answered with the buckets no one owns, once', () =>
    withSite({}, async (site) => {
      await ready(site);
      const { resource } = await fulfilled(site, { limits: { storage: 5 } });
      make(site, FOUND, 'waldur-acme-elsewhere-0123abcd', 'not-a-name-of-ours');
      const request = await ask(site);
      await soon(() => expect(request.state).toBe('Done'));
      const limits = { storage: 5 };
      expect(offered(site)).toEqual([
        { name: FOUND, backendId: FOUND, project: FIXTURE.project, backendMetadata: { limits } },
      ]);
      expect(offered(site).map(({ backendId }) => backendId)).not.toContain(resource.backendId);
      const again = await ask(site);
      await soon(() => expect(again.state).toBe('Done'));
      expect(offered(site)).toHaveLength(1);
    }));

  test('that came while no one listened is answered at the start, and one that was begun is ended', () =>
    withSite({}, async (site) => {
      await ready(site);
      await fulfilled(site);
      await site.stop();
      make(site, FOUND);
      const [sent, begun] = [await ask(site), await ask(site)];
      begun.state = 'Processing';
      await site.start();
      await soon(() => expect([sent.state, begun.state]).toEqual(['Done', 'Done']));
      expect(offered(site)).toHaveLength(1);
    }));

  test('an account that has a resource already is not offered', () =>
    withSite({}, async (site) => {
      await ready(site);
      const { resource } = await fulfilled(site);
      make(site, FOUND);
      site.sandbox.store.resources.change(resource, (row) => {
        row.backendId = FOUND;
      });
      const request = await ask(site);
      await soon(() => expect(request.state).toBe('Done'));
      expect(offered(site)).toEqual([]);
    }));

  test('waits for an outage to end', () =>
    withSite({ ...HASTY }, async (site) => {
      await ready(site);
      await fulfilled(site);
      make(site, FOUND);
      const match = { method: 'POST', path: '/api/backend-resources/' };
      await tell(site, 'faults', { match, times: 1, action: { kind: 'status', status: 502 } });
      const request = await ask(site);
      await soon(() => expect(site.logs.join('')).toContain('the offering cannot answer import requests'));
      expect(request.state).toBe('Processing');
      const next = await ask(site);
      await soon(() => expect([request.state, next.state]).toEqual(['Done', 'Done']));
      expect(offered(site)).toHaveLength(1);
    }));

  test('of a backend that cannot tell is refused in words', () =>
    withSite(
      {
        tune: (config) => ({
          ...config,
          offerings: config.offerings.map((offering) => {
            const { create } = offering.plugin;
            const without: typeof create = (context) => {
              const { unstamped: _, ...backend } = create(context);
              return backend;
            };
            return { ...offering, plugin: { ...offering.plugin, create: without } };
          }),
        }),
      },
      async (site) => {
        await ready(site);
        const request = await ask(site);
        await soon(() => expect(request.state).toBe('Erred'));
        expect(request.errorMessage).toMatch(/^This storage cannot list.*\(IMPORT_UNSUPPORTED\)$/);
      },
    ));

  test.each(['croit', 'radosgw'] as const)('to %s is answered with its users', (flavour) =>
    withCroit(flavour, '', async (site, cluster) => {
      await fulfilled(site, { offering: site.offering, attributes: { storage_limit: 4 } });
      const name = 'waldur_acme_genomics_0123abcd';
      cluster.rgw.users.set(name, { ...structuredClone(cluster.user('admin')), user_id: name, keys: [] });
      const request = await ask(site);
      await soon(() => expect(request.state).toBe('Done'));
      expect(offered(site).map(({ backendId }) => backendId)).toEqual([name]);
    }),
  );
});
