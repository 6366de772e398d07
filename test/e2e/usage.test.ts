import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run as reportCommand } from '../../src/cli/commands/report.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import type { Agent } from '../../src/daemon/compose.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Resource, ResourceState } from '../../src/sandbox/model.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Site } from '../fakes/site.ts';
import { GIB, soon, withSite } from './helpers.ts';

/** A resource that was made long ago, whose bucket holds one object of so many GiB. */
function seed(site: Site, gib: number, state: ResourceState = 'OK'): Resource {
  const { resource } = site.sandbox.placeOrder({ offering: site.offering, state: 'done' });
  site.sandbox.store.resources.change(resource, (row) => {
    row.state = state;
    row.backendId = `waldur-acme-genomics-${row.uuid.slice(0, 8)}`;
  });
  mkdirSync(join(site.storage, resource.backendId));
  fill(site, resource, gib);
  return resource;
}

function fill(site: Site, resource: Resource, gib: number): void {
  const path = join(site.storage, resource.backendId, 'object');
  writeFileSync(path, '');
  // Sparse: it takes no space, and counts as what a consumer would see.
  truncateSync(path, Math.round(gib * GIB));
}

/** One pass over the offering by the running agent; what it logged about it. */
async function report(site: Site, agent: Agent): Promise<Readonly<Record<string, unknown>>> {
  const ended = (): string[] => site.logs.filter((line) => /usage (reported|could not be reported)/.test(line));
  const before = ended().length;
  agent.reportNow();
  await soon(() => expect(ended().length).toBe(before + 1));
  return JSON.parse(ended().at(-1) ?? '') as Readonly<Record<string, unknown>>;
}

/** What Waldur has for the resource, in hundredths by component. */
function recorded({ sandbox }: Site, resource: Resource): Readonly<Record<string, bigint>> {
  const rows = sandbox.store.usages.by('resource', resource.uuid);
  return Object.fromEntries(rows.map(({ component, cents }) => [component.type, cents]));
}

/** Requests of the agent, without UUIDs, and how many of each. */
function tally({ sandbox }: Site): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, path = '', user } of sandbox.journal.entries(0, 'http')) {
    if (user !== 'provider-owner') continue;
    const name = `${method} ${path.replace('/api/marketplace-', '').replace(/[0-9a-f]{32}/, ':u')}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The agent, when everything it does at its start is over. */
async function started(site: Site): Promise<Agent> {
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

const QUIET = { stomp: false } as const;

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

describe('agent report', () => {
  /** A bucket for each thing there is to say about one, after a first report of all but the new one. */
  async function variety(site: Site): Promise<Readonly<Record<string, string>>> {
    const [same, grown, shrunk, gone] = [seed(site, 1), seed(site, 1), seed(site, 2), seed(site, 1)] as const;
    await report(site, await started(site));
    await site.stop();
    fill(site, grown, 3.5);
    fill(site, shrunk, 0.5);
    rmSync(join(site.storage, gone.backendId), { recursive: true });
    const fresh = seed(site, 1);
    const of = { unchanged: same, changed: grown, guarded: shrunk, unreadable: gone, new: fresh };
    site.sandbox.journal.clear();
    return Object.fromEntries(Object.entries(of).map(([status, { uuid }]) => [uuid, status]));
  }

  async function command(site: Site, ...flags: string[]): Promise<{ readonly code: ExitCode; readonly out: string }> {
    const io = { ...fakeIo({ files: { '/work/agent.yaml': site.yaml } }), clock: systemClock };
    const parsed = parseCommandLine(['report', ...flags, '-c', '/work/agent.yaml']);
    if (parsed.kind !== 'command') throw new Error('not a command');
    return { code: await reportCommand(parsed.invocation, io), out: io.out() };
  }

  const guarded = { ...QUIET, extra: 'allow_decrease: false' } as const;
  const sent = ({ sandbox }: Site): number =>
    sandbox.journal.entries(0, 'http').filter(({ method }) => method !== 'GET').length;

  test('--dry-run says what would be sent of each resource and why, and sends nothing', () =>
    withSite(guarded, async (site) => {
      const expected = await variety(site);
      const { code, out } = await command(site, '--dry-run', '--json');
      expect(code).toBe(EXIT.ok);
      const [offering] = (JSON.parse(out) as { offerings: { lines: Record<string, string>[]; summary: object }[] })
        .offerings;
      const storage = offering?.lines.filter(({ component }) => component === 'storage') ?? [];
      expect(Object.fromEntries(storage.map(({ resource, status }) => [resource, status]))).toEqual(expected);
      const amounts = storage.map(({ status, recorded: before, measured }) => [status, before, measured]);
      expect(amounts.toSorted(([a = ''], [b = '']) => a.localeCompare(b))).toEqual([
        ['changed', '1.00', '3.50'],
        ['guarded', '2.00', '0.50'],
        ['new', undefined, '1.00'],
        ['unchanged', '1.00', '1.00'],
        ['unreadable', '1.00', undefined],
      ]);
      expect(offering?.summary).toEqual({ submitted: 2, unchanged: 2, missing: 1, failed: 0, guarded: 1 });
      expect(sent(site)).toBe(0);
    }));

  test('--dry-run is a table for a person, and tells a script that there is something to do', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      const { code, out } = await command(site, '--dry-run', '--exit-code');
      expect(code).toBe(EXIT.differences);
      for (const words of [
        /storage +1\.00 +3\.50 GB +\+2\.50 +changed/,
        /storage +2\.00 +0\.50 GB +-1\.50 +guarded: it would decrease, not sent/,
        /storage +– +1\.00 GB +new: Waldur has nothing for this month/,
        /storage +1\.00 +1\.00 GB +0\.00 +unchanged, not sent/,
        /storage +1\.00 +– +unreadable, not sent/,
        /2 resources would be reported, 2 unchanged, 1 unreadable, 0 refused, 1 components guarded\. Nothing was sent\./,
      ]) {
        expect(out).toMatch(words);
      }
      expect(sent(site)).toBe(0);
    }));

  test('sends what the dry run said, and then there is nothing left to do', () =>
    withSite(guarded, async (site) => {
      await variety(site);
      expect((await command(site)).out).toContain('2 resources reported, 2 unchanged, 1 unreadable');
      expect(sent(site)).toBe(2);
      expect((await command(site, '--dry-run', '--exit-code')).code).toBe(EXIT.ok);
    }));
});
