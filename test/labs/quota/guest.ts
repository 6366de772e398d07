import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAccountId } from '../../../plugins/host-quota/accounts/account-id.ts';
import { walk } from '../../../plugins/host-quota/scan/walk.ts';
import type { Agent } from '../../../src/daemon/compose.ts';
import type { Resource } from '../../../src/sandbox/model.ts';
import type { Site } from '../../fakes/site.ts';
import { assert, create, directoryOf, done, MIB, reported, soon, step, withAgent, write } from './scenario.ts';

/** Runs inside the guest, on file systems whose kernel enforces quotas: orders of a Waldur, and what a user notices. */

type Lab = readonly [site: Site, agent: Agent];

const MOUNTS = { ext4: process.env['EXT4'] ?? '', xfs: process.env['XFS'] ?? '' };
const kinds = process.argv.slice(2);

for (const fstype of ['ext4', 'xfs'] as const) {
  if (kinds.length > 0 && !kinds.includes(fstype)) continue;
  const settings = `device: ${MOUNTS[fstype]}\nregistry: /mnt/registry-${fstype}\n`;
  await withAgent(settings, (...lab) => users(lab, fstype, MOUNTS[fstype]));
  const base = join(MOUNTS[fstype], 'projects');
  mkdirSync(base);
  const projects = `${settings}subject: project\nbase_dir: ${base}\non_terminate: purge\n`;
  await withAgent(projects, (...lab) => directories(lab, fstype, MOUNTS[fstype], base));
}

async function users([site, agent]: Lab, fstype: string, mount: string): Promise<void> {
  const say = (what: string): string => `${fstype} user: ${what}`;
  let resource: Resource | undefined;
  let uid = -1;
  const files = join(mount, 'of-the-user');
  await step(say('an order of 20 MiB makes a user with that limit'), async () => {
    ({ resource } = await create(site, 20, 1000));
    uid = idOf(resource);
    assert.equal(resource.backendId, `lab/user/${uid}@${mount}`);
    assert.deepEqual(reported('-u', uid, mount), [0, 20_480, 20_480, 0, 1000, 1000]);
    assert.match(
      execFileSync('getent', ['passwd', String(uid)], { encoding: 'utf8' }),
      new RegExp(`waldur-${resource.uuid}`),
    );
  });
  await step(say('writing ends at 20 MiB with EDQUOT'), () => {
    mkdirSync(files, { mode: 0o777 });
    execFileSync('chmod', ['777', files]);
    // The directory is root's: what is in it counts for the user.
    assert.equal(write(join(files, 'a'), 30, uid), 'Disk quota exceeded');
    const { size } = statSync(join(files, 'a'));
    assert.ok(size <= 20 * MIB && size > 19 * MIB, `${size} bytes were written`);
  });
  await step(say('a raised limit lets it write on'), async () => {
    await done(site, {
      type: 'Update',
      kind: 'options',
      resource: resource?.uuid ?? '',
      options: { storage_limit: 40, object_limit: 1000 },
    });
    assert.equal(reported('-u', uid, mount)?.[2], 40_960);
    assert.equal(write(join(files, 'b'), 10, uid), '');
  });
  await step(say('a limit that was changed by hand is repaired'), async () => {
    execFileSync('setquota', ['-u', String(uid), '0', '1024', '0', '0', mount]);
    await soon(() => assert.deepEqual(reported('-u', uid, mount)?.slice(1, 3), [40_960, 40_960]));
    await soon(() => assert.deepEqual(reported('-u', uid, mount)?.slice(4), [1000, 1000]));
  });
  await step(say('reported usage is that of repquota'), () => measured([site, agent], resource, '-u', uid, mount));
  await step(say('a terminate order is refused while files are there'), async () => {
    const order = await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' }, 'erred');
    assert.match(order.errorMessage, /still holds data/);
    assert.equal(reported('-u', uid, mount)?.[2], 40_960);
  });
  await step(say('without files it clears the limits and removes the user'), async () => {
    rmSync(files, { recursive: true });
    await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' });
    assert.equal(reported('-u', uid, mount), undefined);
    assert.throws(() => execFileSync('getent', ['passwd', String(uid)]));
  });
}

async function directories([site, agent]: Lab, fstype: string, mount: string, base: string): Promise<void> {
  const say = (what: string): string => `${fstype} project: ${what}`;
  let resource: Resource | undefined;
  let id = -1;
  let path = '';
  await step(say('an order of 8 MiB makes a directory with that limit'), async () => {
    ({ resource } = await create(site, 8, 1000));
    id = idOf(resource);
    path = join(base, directoryOf(resource));
    assert.equal(reported('-P', id, mount)?.[2], 8192);
    assert.match(execFileSync('lsattr', ['-pd', path], { encoding: 'utf8' }), new RegExp(`^\\s*${id} .*P`));
    assert.equal(
      execFileSync('getfattr', ['--absolute-names', '--only-values', '-n', 'trusted.waldur.resource', path], {
        encoding: 'utf8',
      }),
      resource.uuid,
    );
  });
  await step(say('writing ends at the limit, with EDQUOT on ext4 and ENOSPC on XFS'), () => {
    execFileSync('chmod', ['777', path]);
    execFileSync('chmod', ['755', base]);
    assert.equal(
      write(join(path, 'a'), 20, 1300),
      fstype === 'ext4' ? 'Disk quota exceeded' : 'No space left on device',
    );
    assert.ok(statSync(join(path, 'a')).size <= 8 * MIB);
  });
  await step(say('a raised limit lets it write on'), async () => {
    await done(site, {
      type: 'Update',
      kind: 'options',
      resource: resource?.uuid ?? '',
      options: { storage_limit: 16, object_limit: 1000 },
    });
    assert.equal(write(join(path, 'b'), 6, 1300), '');
  });
  await step(say('a limit that was changed by hand is repaired'), async () => {
    execFileSync('setquota', ['-P', String(id), '0', '1024', '0', '0', mount]);
    await soon(() => assert.deepEqual(reported('-P', id, mount)?.slice(1, 3), [16_384, 16_384]));
    await soon(() => assert.deepEqual(reported('-P', id, mount)?.slice(4), [1000, 1000]));
  });
  await step(say('reported usage is that of repquota'), () => measured([site, agent], resource, '-P', id, mount));
  await step(say('the users in it have as much together as it has'), async () => {
    assert.equal(write(join(path, 'of-another'), 1, 1301), '');
    await new Promise((resolve) => execFile('sync', resolve));
    const shares = new Map<number, number>();
    for await (const owned of walk(path, AbortSignal.timeout(10_000))) {
      for (const { uid, bytes } of owned) shares.set(uid, (shares.get(uid) ?? 0) + Number(bytes));
    }
    assert.deepEqual([...shares.keys()].sort(), [0, 1300, 1301]);
    assert.equal(shares.get(1301), MIB);
    const [used = 0] = reported('-P', id, mount) ?? [];
    assert.equal([...shares.values()].reduce((sum, bytes) => sum + bytes) / 1024, used);
  });
  await step(say('terminate removes what the agent made, and the limits'), async () => {
    await done(site, { type: 'Terminate', resource: resource?.uuid ?? '' });
    assert.throws(() => statSync(path));
    await soon(() => assert.equal(reported('-P', id, mount), undefined));
  });
}

async function measured(
  [site, agent]: Lab,
  resource: Resource | undefined,
  flag: '-u' | '-P',
  id: number,
  mount: string,
): Promise<void> {
  agent.reportNow();
  await soon(() => {
    const rows = site.sandbox.store.usages.by('resource', resource?.uuid ?? '');
    const cents = rows.find(({ component }) => component.type === 'storage')?.cents;
    const [used = 0] = reported(flag, id, mount) ?? [];
    // Hundredths of a MiB, rounded half up.
    assert.equal(cents, (2n * BigInt(used) * 100n + 1024n) / 2048n);
  });
}

function idOf({ backendId }: Resource): number {
  return parseAccountId(backendId)?.id ?? -1;
}
