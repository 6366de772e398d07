import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAccountId } from '../../../plugins/host-quota/accounts/account-id.ts';
import { parseQgroups } from '../../../plugins/host-quota/devices/btrfs/parse.ts';
import type { Resource } from '../../../src/sandbox/model.ts';
import type { Site } from '../../fakes/site.ts';
import { assert, create, directoryOf, done, MIB, soon, step, withAgent, write } from './scenario.ts';

/** Runs beside a btrfs with quota groups: orders of a Waldur, and what a user notices. */

const mount = process.env['BTRFS'] ?? '';
const registry = mkdtempSync(join(tmpdir(), 'registry-'));

await withAgent(`device: ${mount}\nsubject: subvolume\nbase_dir: ${mount}\nregistry: ${registry}\n`, life);

async function life(site: Site): Promise<void> {
  let resource: Resource | undefined;
  let id = -1;
  let path = '';
  await step('btrfs subvolume: an order of 20 MiB makes one with that limit', async () => {
    ({ resource } = await create(site, 20));
    id = parseAccountId(resource.backendId)?.id ?? -1;
    path = join(mount, directoryOf(resource));
    assert.equal(limit(id), BigInt(20 * MIB));
  });
  await step('btrfs subvolume: writing ends just below the limit', () => {
    chmodSync(path, 0o777);
    assert.equal(write(join(path, 'a'), 30, 1300), 'Disk quota exceeded');
    assert.ok(statSync(join(path, 'a')).size <= 20 * MIB);
  });
  await step('btrfs subvolume: a raised limit lets it write on, although it is full', async () => {
    await done(site, {
      type: 'Update',
      kind: 'options',
      resource: resource?.uuid ?? '',
      options: { storage_limit: 60 },
    });
    assert.equal(write(join(path, 'b'), 10, 1300), '');
  });
  await step('btrfs subvolume: a limit that was changed by hand is repaired', async () => {
    execFileSync('btrfs', ['qgroup', 'limit', '30M', `0/${id}`, mount]);
    await soon(() => assert.equal(limit(id), BigInt(60 * MIB)));
  });
  await step('btrfs subvolume: a terminate order is refused while files are there', async () => {
    const order = await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' }, 'erred');
    assert.match(order.errorMessage, /still holds data/);
  });
  await step('btrfs subvolume: without files it goes', async () => {
    for (const name of ['a', 'b']) rmSync(join(path, name));
    await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' });
    assert.throws(() => statSync(path));
  });
}

function limit(id: number): bigint | null | undefined {
  const text = execFileSync('btrfs', ['qgroup', 'show', '-re', '--raw', mount], { encoding: 'utf8' });
  return parseQgroups(text).rows.find(({ subvolume }) => subvolume === id)?.maxReferenced;
}
