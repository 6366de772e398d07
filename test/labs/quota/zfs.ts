import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAccountId } from '../../../plugins/host-quota/accounts/account-id.ts';
import type { Resource } from '../../../src/sandbox/model.ts';
import type { Site } from '../../fakes/site.ts';
import { assert, create, done, MIB, soon, step, withAgent, write } from './scenario.ts';

/** Runs beside a ZFS pool, where /etc may be written to: orders of a Waldur, and what a user notices. */

const dataset = process.env['ZFS_DATASET'] ?? '';
const mount = process.env['ZFS_MOUNT'] ?? '';

await withAgent(`device: ${dataset}\nregistry: ${mkdtempSync(join(tmpdir(), 'registry-'))}\n`, life);

async function life(site: Site): Promise<void> {
  let resource: Resource | undefined;
  let uid = -1;
  const quota = (): string => property(`userquota@${uid}`);
  await step('ZFS user: an order of 20 MiB makes a user with that limit', async () => {
    ({ resource } = await create(site, 20));
    uid = parseAccountId(resource.backendId)?.id ?? -1;
    assert.equal(resource.backendId, `lab/user/${uid}@${dataset}`);
    assert.equal(quota(), String(20 * MIB));
  });
  await step('ZFS user: writing ends some seconds after the limit', async () => {
    execFileSync('chmod', ['1777', mount]);
    let refused = '';
    let written = 0;
    await soon(() => {
      refused = write(join(mount, `f${written}`), 4, uid);
      if (refused === '') written += 4;
      execFileSync('sync');
      assert.equal(refused, 'Disk quota exceeded');
    });
    assert.ok(written >= 16 && written < 200, `${written} MiB were written`);
  });
  await step('ZFS user: a raised limit lets it write on', async () => {
    await done(site, {
      type: 'Update',
      kind: 'options',
      resource: resource?.uuid ?? '',
      options: { storage_limit: 200 },
    });
    assert.equal(quota(), String(200 * MIB));
    assert.equal(write(join(mount, 'more'), 4, uid), '');
  });
  await step('ZFS user: a limit that was changed by hand is repaired', async () => {
    execFileSync('zfs', ['set', `userquota@${uid}=1M`, dataset]);
    await soon(() => assert.equal(quota(), String(200 * MIB)));
  });
  await step('ZFS user: without files it clears the limit and removes the user', async () => {
    execFileSync('sh', ['-c', `rm -f ${mount}/* && sync`]);
    await soon(() => assert.equal(property(`userused@${uid}`), '0'));
    await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' });
    assert.equal(quota(), '0');
    assert.throws(() => execFileSync('getent', ['passwd', String(uid)]));
  });
}

function property(name: string): string {
  return execFileSync('zfs', ['get', '-H', '-p', '-o', 'value', name, dataset], { encoding: 'utf8' }).trim();
}
