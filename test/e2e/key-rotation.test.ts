import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApiKey, Resource } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import { accountsOf, act, fulfilled, HASTY, reach, ready, settled, soon, tell, withSite } from './helpers.ts';
import { API_KEYS, expectKeysWork, KEYS, keysOf, lookAtAll, owned, switchTo, withCroit } from './keys.ts';
import { live } from './lives.ts';

/** Asks for another key, as a consumer in the portal; answers the row and what was in it. */
async function rotate(site: Site, resource: Resource): Promise<{ readonly row: ApiKey; readonly old: ApiKey }> {
  const [row] = keysOf(site, resource);
  if (row === undefined) throw new Error('there is no key');
  const old = { ...row };
  await act(site, 'consumer', `${KEYS}${row.uuid}/rotate/`);
  return { row, old };
}

describe('rotation', () => {
  test('the key is another one, in the same row, and the old one opens nothing', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      const { row, old } = await rotate(site, resource);
      await soon(() => expectKeysWork(site, resource));
      expect([row.clientId, row.secret]).not.toEqual([old.clientId, old.secret]);
    }));

  test.each(['croit', 'radosgw'] as const)('one of two with %s leaves the other alone', (flavour) =>
    withCroit(flavour, 'credentials: api_keys\n', async (site, cluster) => {
      const { resource } = await fulfilled(site, { offering: site.offering, attributes: { storage_limit: 4 } });
      const [, other] = keysOf(site, resource);
      const { row, old } = await rotate(site, resource);
      await soon(() => expect(row.state).toBe('OK'));
      const there = (): string[] => cluster.user(resource.backendId).keys.map((key) => key.access_key);
      await soon(() => expect(new Set(there())).toEqual(new Set([row.clientId, other?.clientId])));
      expect(row.clientId).not.toBe(old.clientId);
    }),
  );

  test('whose event was lost is found by the sweep, and not before half an hour', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      await tell(site, 'publisher', { circuitOpen: true });
      const { row, old } = await rotate(site, resource);
      await soon(() => {
        const events = site.sandbox.journal.entries(0, 'event').map(({ object }) => object);
        expect(events).toContain('resource_api_key_rotation');
      });
      await tell(site, 'publisher', { circuitOpen: false });
      const listed = () =>
        site.sandbox.journal
          .entries(0, 'http')
          .filter(({ path, query }) => path === `/api/${KEYS}` && query?.includes('modified_before'));
      await lookAtAll(site);
      await soon(() => expect(listed()).toHaveLength(1));
      await settled(site);
      expect([row.state, row.clientId]).toEqual(['Updating', old.clientId]);
      row.modified = new Date(Date.parse(row.modified) - 31 * 60_000).toISOString();
      await lookAtAll(site);
      await soon(() => expectKeysWork(site, resource));
      expect(row.clientId).not.toBe(old.clientId);
    }));

  test('a key Waldur refuses is taken away again, and the consumer is told', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      const path = `/api/${KEYS}*/set_key/`;
      await tell(site, 'faults', { match: { method: 'POST', path }, action: { kind: 'status', status: 400 } });
      const { row, old } = await rotate(site, resource);
      await soon(() => expect(row.state).toBe('Erred'));
      expect(row).toMatchObject({ clientId: old.clientId, secret: old.secret });
      expect(row.errorMessage).toBe('Waldur did not take the new access key. (WALDUR_REFUSED)');
      expect(accountsOf(site)[resource.backendId]?.keys.map((key) => key.access_key)).toEqual([old.clientId]);
    }));

  test('an answer that got lost is not taken for a refusal', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      const resource = await owned(site);
      const path = `/api/${KEYS}*/set_key/`;
      await tell(site, 'faults', { match: { method: 'POST', path }, times: 1, action: { kind: 'reset.after' } });
      const { row, old } = await rotate(site, resource);
      await soon(() => expectKeysWork(site, resource));
      expect(row.clientId).not.toBe(old.clientId);
      expect(site.sandbox.journal.entries(0, 'http').filter((entry) => entry.path?.endsWith('/set_key/'))).toHaveLength(
        1,
      );
    }));

  test('of an account that is gone waits for upkeep, which answers it', () =>
    withSite({ ...API_KEYS, ...HASTY }, async (site) => {
      const resource = await owned(site);
      rmSync(join(site.storage, resource.backendId), { recursive: true });
      const { row } = await rotate(site, resource);
      await soon(() => expect(site.logs.join('')).toContain('the API key waits for the next sweep'));
      expect(row.state).toBe('Updating');
      await lookAtAll(site);
      await soon(() => expect(site.logs.join('')).toContain('is missing'));
      await lookAtAll(site);
      await soon(() => expectKeysWork(site, resource));
    }));

  test('with credentials: metadata a key from before the change is still rotated', () =>
    withSite(API_KEYS, async (site) => {
      const resource = await owned(site);
      await switchTo(site, 'metadata');
      const { row, old } = await rotate(site, resource);
      await soon(() => expect(row.state).toBe('OK'));
      expect(row.clientId).not.toBe(old.clientId);
      expect(resource.backendMetadata).not.toMatchObject({ s3_credentials: { access_key: row.clientId } });
    }));
});

interface Story {
  readonly what: string;
  readonly effects: readonly string[];
  before?(site: Site, resource: Resource): Promise<void>;
  during(site: Site, resource: Resource | undefined): Promise<Resource | undefined>;
}

const STORIES: readonly Story[] = [
  {
    what: 'create',
    effects: [
      'approve_by_provider',
      'create-account',
      'set_backend_id',
      'issue-key',
      'report_created',
      'set_backend_metadata',
      'set_endpoints',
      'set_state_done',
    ],
    during: async (site) => {
      const order = site.sandbox.placeOrder({ limits: { storage: 5 } });
      return (await reach(site, order, 'done')).resource;
    },
  },
  {
    what: 'rotation',
    effects: ['issue-key', 'set_key', 'revoke-key'],
    during: async (site, resource) => {
      if (resource === undefined) throw new Error('there is no resource');
      const { row } = await rotate(site, resource);
      await soon(() => expect(row.state).toBe('OK'));
      return resource;
    },
  },
  {
    what: 'move of a key out of the metadata',
    effects: ['report_created', 'set_backend_metadata', 'refresh_last_sync'],
    before: async (site, resource) => {
      const [row] = keysOf(site, resource);
      if (row === undefined) throw new Error('there is no key');
      site.sandbox.store.keys.delete(row);
      const s3_credentials = { access_key: row.clientId, secret_key: row.secret };
      resource.backendMetadata = { ...resource.backendMetadata, s3_credentials };
    },
    during: async (site, resource) => {
      await upkeepUntil(site, () => expect(resource?.backendMetadata).not.toHaveProperty('s3_credentials'));
      return resource;
    },
  },
  {
    what: 'repair of a key that was deleted at the backend',
    effects: ['issue-key', 'set_key', 'refresh_last_sync'],
    before: async (site) => {
      await site.stop();
      rmSync(join(site.storage, '.agent'), { recursive: true });
      await ready(site);
    },
    during: async (site, resource) => {
      const works = (): void => {
        const there = accountsOf(site)[resource?.backendId ?? '']?.keys.map((key) => key.access_key);
        expect(there).toContain(resource && keysOf(site, resource)[0]?.clientId);
      };
      await upkeepUntil(site, works);
      return resource;
    },
  },
];

/** Somebody presses *sync*, and again for every further agent: one that died has forgotten the last time. */
function upkeepUntil(site: Site, check: () => void): Promise<void> {
  let pressedFor: number | undefined;
  return soon(async () => {
    const sessions = site.sandbox.journal.entries(0, 'stomp').filter(({ method }) => method === 'SUBSCRIBE').length;
    if (sessions !== pressedFor) await lookAtAll(site);
    pressedFor = sessions;
    check();
  });
}

/**
 * Tells the story with an agent that is gone right after its effects number `crashes`. Then every key that a consumer sees
 * must work; keys that no one knows are upkeep's, later.
 */
async function tellStory(story: Story, crashes: readonly number[]): Promise<readonly string[]> {
  let resource: Resource | undefined;
  return live(API_KEYS, crashes, {
    before: async (site) => {
      if (story.what === 'create') return;
      resource = (await fulfilled(site, { limits: { storage: 5 } })).resource;
      await story.before?.(site, resource);
    },
    during: async (site) => {
      resource = await story.during(site, resource);
    },
    after: (site) => {
      const seen = resource === undefined ? [] : keysOf(site, resource);
      expect(seen.map(({ state }) => state)).toEqual(['OK']);
      const there = accountsOf(site)[resource?.backendId ?? '']?.keys ?? [];
      for (const { clientId, secret } of seen) {
        expect(there).toContainEqual({ access_key: clientId, secret_key: secret });
      }
      // A key that was made by an agent that died, each time, and no other.
      expect(there.length).toBeLessThanOrEqual(1 + crashes.length);
      expect(Object.keys(accountsOf(site))).toEqual([resource?.backendId]);
    },
  });
}

describe.each(STORIES)('death during a $what', (story) => {
  test('has the effects after which it is interrupted below', async () => {
    expect(await tellStory(story, [])).toEqual(story.effects);
  });

  test.each(story.effects.map((effect, index) => ({ effect, index })))('right after $effect', async ({ index }) => {
    await tellStory(story, [index]);
  });

  test('after everything it does, six times', async () => {
    await tellStory(story, [0, 1, 2, 3, 4, 5]);
  });
});
