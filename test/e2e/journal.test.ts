import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeEvent } from '../../src/admin/describe-event.ts';
import type { Config, OfferingConfig } from '../../src/config/types.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { AgentError } from '../../src/lib/errors.ts';
import type { Backend, Plugin } from '../../src/plugin/contract.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { createJournal } from '../../src/store/create-journal.ts';
import type { JournalEntry } from '../../src/store/journal-entry.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Site, SiteOptions } from '../fakes/site.ts';
import { accountsOf, fulfilled, HASTY, quotaOf, reach, ready, settled, soon, withSite } from './helpers.ts';
import { lookAtAll } from './keys.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (): string => join(folder, 'agent.db');

/** Runs a site whose journal is in a file; returns what the file says afterwards, the oldest entry first. */
async function journalOf(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<readonly JournalEntry[]> {
  await withSite({ ...options, agent: `${options.agent ?? ''}state: ${state()}\n` }, async (site) => {
    await work(site);
    await site.stop();
  });
  const store = await openStore(state(), systemClock);
  const never = (): void => undefined;
  const scrub = (text: string): string => text;
  const deps = { rows: store.journal, clock: systemClock, version: '', days: () => 365, scrub };
  const journal = createJournal({ ...deps, failed: never, recovered: never });
  const offering = FIXTURE[options.offering ?? 'limit'].replaceAll('-', '');
  const entries = await journal.read({ offering, after: 0, limit: 1000 });
  const { faults } = await journal.verify(offering);
  await store.close();
  expect(faults).toEqual([]);
  return entries;
}

function shortly({ event }: JournalEntry): string {
  switch (event.kind) {
    case 'order':
      return `${event.type} ${event.stage}${event.ending === undefined ? '' : ` ${event.ending}`}`;
    case 'backend':
      return event.action;
    case 'waldur':
      return event.call;
    case 'drift':
      return `drift ${event.result}`;
    case 'command':
    case 'lost':
      return event.kind;
  }
}

test('an order has its stages, what was done for it and what Waldur was told; and no secret', async () => {
  const made = { order: '', resource: '', account: '', secrets: [] as string[] };
  const entries = await journalOf({}, async (site) => {
    await ready(site);
    const order = await fulfilled(site, { name: 'Reads of 2026', limits: { storage: 5, objects: 100 } });
    const account = order.resource.backendId;
    const secrets = (accountsOf(site)[account]?.keys ?? []).map(({ secret_key }) => secret_key);
    Object.assign(made, { order: order.uuid, resource: order.resource.uuid, account, secrets });
  });
  expect(entries.map(shortly)).toEqual([
    'Create read',
    'approve',
    'create-account',
    'set-backend-id',
    'issue-key',
    'set-metadata',
    'set-endpoints',
    'set-done',
    'Create ended done',
  ]);
  for (const { order, resource, version } of entries) {
    expect({ order, resource, version }).toEqual({ order: made.order, resource: made.resource, version: '0.0.0' });
  }
  expect(entries[0]?.event).toMatchObject({ name: 'Reads of 2026', by: expect.stringMatching(/./) });
  const create = entries.find((entry) => shortly(entry) === 'create-account')?.event;
  expect(create).toMatchObject({ account: made.account, changed: true, details: { quota: { bytes: '5368709120' } } });
  expect(made.secrets).toHaveLength(1);
  for (const secret of made.secrets) {
    expect(readFileSync(state()).includes(secret)).toBe(false);
    expect(JSON.stringify(entries)).not.toContain(secret);
  }
});

test('an order that cannot be has the text its consumer reads', async () => {
  const entries = await journalOf({}, async (site) => {
    await ready(site);
    const order = site.sandbox.placeOrder({ limits: { storage: -5 } });
    await reach(site, order, 'rejected');
    await settled(site);
  });
  expect(entries.map(shortly)).toEqual(['Create read', 'reject', 'Create ended rejected']);
  expect(entries[1]?.event).toMatchObject({ text: expect.stringMatching(/storage/) });
});

test('an order that waits for a person is told once, however often it is looked at', async () => {
  const entries = await journalOf({ ...HASTY, extra: 'approval: manual' }, async (site) => {
    await ready(site);
    site.sandbox.placeOrder({ name: 'Waits' });
    const lists = (): number =>
      site.sandbox.journal.entries(0, 'http').filter(({ path }) => path === '/api/marketplace-orders/').length;
    await soon(() => expect(lists()).toBeGreaterThan(5));
  });
  expect(entries.map(shortly)).toEqual(['Create read', 'Create ended deferred']);
});

test('an outage is one failure, however long it lasts, and its end is told', async () => {
  let failures = 0;
  const tune = (config: Config): Config => ({ ...config, offerings: config.offerings.map(frail) });
  const frail = (offering: OfferingConfig): OfferingConfig => {
    const apply =
      (backend: Backend): Backend['apply'] =>
      async (action, signal) => {
        if (failures++ < 3) throw new AgentError('it is down', { code: 'FRAIL_DOWN', disposition: 'transient' });
        return backend.apply(action, signal);
      };
    const create: Plugin['create'] = (context) => {
      const backend = offering.plugin.create(context);
      return { ...backend, apply: apply(backend) };
    };
    return { ...offering, plugin: { ...offering.plugin, create } };
  };
  const entries = await journalOf({ ...HASTY, tune }, async (site) => {
    await ready(site);
    await fulfilled(site);
  });
  expect(failures).toBeGreaterThan(3);
  expect(entries.map(shortly).slice(0, 7)).toEqual([
    'Create read',
    'approve',
    'create-account',
    'Create failed',
    'Create read',
    'create-account',
    'set-backend-id',
  ]);
  expect(entries[3]?.event).toMatchObject({ error: { code: 'FRAIL_DOWN', message: 'it is down' } });
  expect(shortly(entries.at(-1) as JournalEntry)).toBe('Create ended done');
});

test('drift is told as it is found and repaired, by what was done', async () => {
  const entries = await journalOf(HASTY, async (site) => {
    await ready(site);
    const { resource } = await fulfilled(site, { limits: { storage: 5 } });
    const path = join(site.storage, resource.backendId, '.quota');
    writeFileSync(path, JSON.stringify({ ...quotaOf(site, resource.backendId), max_size_bytes: 1 }));
    await lookAtAll(site);
    await soon(() => expect(quotaOf(site, resource.backendId)['max_size_bytes']).toBe(5 * 1024 ** 3));
  });
  const since = entries.findIndex(({ event }) => event.kind === 'drift');
  expect(entries.slice(since).map(shortly)).toEqual(['drift found', 'set-quota', 'drift repaired']);
  const [found, set] = entries.slice(since);
  expect(found).toMatchObject({ order: undefined, event: { actions: ['set-quota'] } });
  expect(set?.event).toMatchObject({ details: { from: { bytes: '1' }, to: { bytes: '5368709120' } } });
  for (const { event } of entries) expect(describeEvent(event)).not.toContain('undefined');
});

test('a journal that cannot be written stops no order, and is written when it can be', async () => {
  const { default: Libsql } = await import('libsql');
  const entries = await journalOf(HASTY, async (site) => {
    await ready(site);
    const file = new Libsql(state());
    file.exec('ALTER TABLE journal RENAME TO away');
    await fulfilled(site, { name: 'Goes on' });
    await soon(() => expect(site.logs.join('')).toContain('the journal cannot be written'));
    file.exec('ALTER TABLE away RENAME TO journal');
    file.close();
    await soon(() => expect(site.logs.join('')).toContain('the journal can be written again'));
  });
  expect([entries.map(shortly).at(0), entries.map(shortly).at(-1)]).toEqual(['Create read', 'Create ended done']);
});
