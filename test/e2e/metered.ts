import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Agent } from '../../src/daemon/compose.ts';
import type { Resource, ResourceState } from '../../src/sandbox/model.ts';
import type { Site } from '../fakes/site.ts';
import { GIB, soon } from './helpers.ts';

/** A resource that was made long ago, whose bucket holds one object of so many GiB. */
export function seed(site: Site, gib: number, state: ResourceState = 'OK'): Resource {
  const { resource } = site.sandbox.placeOrder({ offering: site.offering, state: 'done' });
  site.sandbox.store.resources.change(resource, (row) => {
    row.state = state;
    row.backendId = `waldur-acme-genomics-${row.uuid.slice(0, 8)}`;
  });
  mkdirSync(join(site.storage, resource.backendId));
  fill(site, resource, gib);
  return resource;
}

export function fill(site: Site, resource: Resource, gib: number): void {
  const path = join(site.storage, resource.backendId, 'object');
  writeFileSync(path, '');
  // Sparse: it takes no space, and counts as what a consumer would see.
  truncateSync(path, Math.round(gib * GIB));
}

/** One pass over the offering by the running agent; what it logged about it. */
export async function report(site: Site, agent: Agent): Promise<Readonly<Record<string, unknown>>> {
  const ended = (): string[] => site.logs.filter((line) => /usage (reported|could not be reported)/.test(line));
  const before = ended().length;
  agent.reportNow();
  await soon(() => expect(ended().length).toBe(before + 1));
  return JSON.parse(ended().at(-1) ?? '') as Readonly<Record<string, unknown>>;
}

/** What Waldur has for the resource, in hundredths by component. */
export function recorded({ sandbox }: Site, resource: Resource): Readonly<Record<string, bigint>> {
  const rows = sandbox.store.usages.by('resource', resource.uuid);
  return Object.fromEntries(rows.map(({ component, cents }) => [component.type, cents]));
}

/** Requests of the agent, without UUIDs, and how many of each. */
export function tally({ sandbox }: Site): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, path = '', user } of sandbox.journal.entries(0, 'http')) {
    if (user !== 'provider-owner') continue;
    const name = `${method} ${path.replace('/api/marketplace-', '').replace(/[0-9a-f]{32}/, ':u')}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The agent, when everything it does at its start is over. */
export async function started(site: Site): Promise<Agent> {
  const agent = await site.start();
  const { journal } = site.sandbox;
  const last = site.sandbox.settings.profile === '2024' ? 'marketplace-orders/' : 'set_statistics/';
  await soon(() => {
    const ended = journal.entries(0, 'http').filter(({ path, status }) => path?.endsWith(last) && status === 200);
    expect(ended).not.toHaveLength(0);
  });
  journal.clear();
  return agent;
}

/** No one but the reports asks for anything. */
export const QUIET = { stomp: false } as const;
