import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createHostOnDisk, type DiskUser } from '../../plugins/host-quota/test/host-on-disk.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Order } from '../../src/sandbox/model.ts';
import { HASTY, ready, settled, soon } from '../e2e/helpers.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { liveThrough } from './storm/live-through.ts';

/** `STORM_SEED=n` repeats the throws of one. */
const SEED = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const RESOURCES = 12;
const PERCENT = 15;
const GIB = 1_073_741_824;
const COMPONENTS = `storage: { accounting_type: limit, unit_factor: ${GIB}, enforce_limits: true }\n`;

test(`a storm over orders of quotas ends as a calm day does (STORM_SEED=${SEED})`, { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quota-storm-'));
  const host = createHostOnDisk(folder);
  const settings = stringify(host.settings);
  const site = await openSite({ ...HASTY, backend: 'host-quota', settings, components: COMPONENTS });
  try {
    await ready(site);
    host.roll(SEED, PERCENT);
    const orders = await Promise.all(Array.from({ length: RESOURCES }, (_, index) => live(site, index)));
    await settled(site);
    expect(host.failures()).toBeGreaterThan(RESOURCES);
    host.roll(SEED, 0);

    expect(orders.flat().map(({ state }) => state)).toEqual(orders.flat().map(() => 'done'));
    const living = orders.flatMap(([order]) => (order?.resource.state === 'OK' ? [order.resource] : []));
    expect(living).toHaveLength(RESOURCES / 2);
    const name = ({ uid }: DiskUser): string => `lab/user/${uid}@tank/home`;
    await soon(() => {
      const users = host.users().map((user) => [name(user), user.resource, user.limit]);
      expect(new Set(users.map(String))).toEqual(
        new Set(living.map(({ backendId, uuid }) => String([backendId, uuid, 9 * GIB]))),
      );
      expect(host.nameless()).toEqual([]);
    });
    expect(site.sandbox.invariants()).toEqual([]);
  } finally {
    await site.close();
    rmSync(folder, { recursive: true });
  }
});

function live(site: Site, index: number): Promise<readonly Order[]> {
  const create = { offering: FIXTURE.limit, limits: { storage: 5 } };
  return liveThrough(site, index, create, { storage: 9 });
}
