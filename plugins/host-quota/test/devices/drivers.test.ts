import { describe, expect, it } from 'vitest';
import { createBtrfsDriver } from '../../devices/btrfs/driver.ts';
import { createDevices } from '../../devices/devices.ts';
import { createLinuxDriver } from '../../devices/linux/driver.ts';
import type { Device } from '../../devices/types.ts';
import { createZfsDriver } from '../../devices/zfs/driver.ts';
import type { Mount } from '../../mounts/mountinfo.ts';
import type { Ran, Run } from '../../tools/run.ts';
import { createFakeHost } from '../fake-tools.ts';
import { matching } from '../recording.ts';

const { signal } = new AbortController();
const STATE = 'uml-quota-enforcement-state.log';
const BTRFS = 'btrfs-qgroup-6.2.log';
const ZFS = 'zfs-fuse-0.7.0.log';
const { sizes } = createFakeHost('xfs');
const ok = (stdout: string): Ran => ({ code: 0, stdout, stderr: '' });

/** Programs that answer from a table; what they were asked is kept. */
function scripted(answer: (line: string) => Ran | undefined): { readonly run: Run; readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    run: async (program, args) => {
      const line = [program, ...args].join(' ');
      lines.push(line);
      const ran = answer(line);
      if (ran === undefined) throw new Error(`nothing answers ${line}`);
      return ran;
    },
  };
}

function mount(changes: Partial<Mount>): Mount {
  return { mountPoint: '/mnt/a', fstype: 'ext4', source: '/dev/vdb', root: '/', options: ['rw'], ...changes };
}

async function linux(mounts: readonly Mount[], run: Run) {
  const driver = createLinuxDriver({ run, sizes, mounts: async () => mounts });
  const [device] = await driver.devices(signal);
  return { driver, device: device as Device };
}

describe('enforcement', () => {
  it('of ext4 without the mount option is off, although every tool says that it is on', async () => {
    const [asked] = matching(STATE, /^quotaon -p \/mnt\/ext4/);
    expect(asked).toMatchObject({ code: 3, output: expect.stringContaining('is on') });
    const { driver, device } = await linux([mount({})], scripted(() => undefined).run);
    expect(await driver.look(device, 'user', signal)).toMatchObject({
      state: 'off',
      hint: 'Add usrquota to its options in /etc/fstab, unmount and mount it; a remount is not enough.',
    });
  });

  it('of ext4 without the option can be switched on, and is said to be lost with the next mount', async () => {
    const { run, lines } = scripted((line) => (line.startsWith('quotaon') ? ok('') : undefined));
    const { driver, device } = await linux([mount({})], run);
    await driver.switchOn(device, 'user', signal);
    const [now] = await driver.devices(signal);
    expect(await driver.look(now as Device, 'user', signal)).toMatchObject({ state: 'until-remount' });
    expect(lines).toEqual(['quotaon -u /mnt/a']);
  });

  it('that is on already answers code 1 and File exists', async () => {
    const answer = { code: 1, stdout: '', stderr: 'quotaon: using . on /dev/vdb [/mnt/a]: File exists\n' };
    const { driver, device } = await linux([mount({ options: ['usrquota'] })], scripted(() => answer).run);
    await expect(driver.switchOn(device, 'user', signal)).resolves.toBeUndefined();
    expect(await driver.look(device, 'user', signal)).toMatchObject({ state: 'on' });
  });

  it('that the kernel has no format for is a failure with what to do', async () => {
    const [real] = matching('loopback-native.log', /^quotaon -v/);
    const answer = { code: real?.code ?? 0, stdout: '', stderr: real?.output ?? '' };
    const { driver, device } = await linux([mount({ options: ['usrquota'] })], scripted(() => answer).run);
    await expect(driver.switchOn(device, 'user', signal)).rejects.toMatchObject({
      disposition: 'operator',
      hint: expect.stringContaining('quota_v2'),
    });
  });

  it('of XFS is what its report says, and noquota is off although quotaon answers code 0', async () => {
    const [asked] = matching(STATE, /^quotaon -p \/mnt\/xfs/).filter(({ code }) => code === 0);
    expect(asked?.output).toContain('no quota enabled');
    const off = await linux([mount({ fstype: 'xfs', options: ['rw', 'noquota'] })], scripted(() => undefined).run);
    expect(await off.driver.look(off.device, 'user', signal)).toMatchObject({ state: 'off' });
    const report = matching(STATE, /^repquota -u -v -n -p \/mnt\/xfs/)[0]?.output ?? '';
    for (const [text, state] of [
      [report, 'on'],
      [report.replace('Enforcement: ON', 'Enforcement: OFF'), 'off'],
    ] as const) {
      const { driver, device } = await linux(
        [mount({ fstype: 'xfs', options: ['usrquota'] })],
        scripted(() => ok(text)).run,
      );
      expect(await driver.look(device, 'user', signal)).toMatchObject({ state });
    }
  });

  it('is asked for before the first limit is set, and refuses to pretend', async () => {
    const host = createFakeHost('xfs');
    const mounts = async (): Promise<readonly Mount[]> => [{ ...host.mount, options: ['rw', 'noquota'] }];
    const devices = createDevices([createLinuxDriver({ ...host, mounts })], signal);
    const device = await devices.find('/srv/data', signal);
    const request = { device, subject: 'user', id: 1000, limits: { blockHard: 8n } } as const;
    await expect(devices.write(request, signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_OFF',
      disposition: 'operator',
    });
    expect(host.calls).toEqual([]);
  });

  it('that may not be asked for is no empty report, though repquota calls that success', async () => {
    const host = createFakeHost();
    const [real] = matching('uml-repquota-verbose.log', /^repquota .*-O csv/);
    const header = `${real?.output.split('\n')[0]}\n`;
    host.fail('repquota', { code: 0, stdout: header, stderr: '' });
    const devices = createDevices([createLinuxDriver(host)], signal);
    await expect(devices.rows(await devices.find('/srv/data', signal), 'user', signal)).rejects.toMatchObject({
      disposition: 'operator',
      hint: expect.stringContaining('CAP_SYS_ADMIN'),
    });
  });

  it('that a tool says is missing is not taken for something else', async () => {
    const [real] = matching(STATE, /^setquota .*\/mnt\/xfs/).filter(({ code }) => code === 1);
    const { driver, device } = await linux(
      [mount({ options: ['usrquota'] })],
      scripted(() => ({ code: 1, stdout: '', stderr: real?.output ?? '' })).run,
    );
    const limits = { blockSoft: 0n, blockHard: 1n, inodeSoft: 0n, inodeHard: 0n };
    await expect(driver.write(device, 'user', [{ id: 1, limits }], signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_OFF',
    });
  });
});

describe('the devices of a host', () => {
  it('are its file systems with all their mount points, and what their options limit', async () => {
    const { driver } = await linux(
      [
        mount({ options: ['rw', 'usrquota', 'prjquota'] }),
        mount({ mountPoint: '/mnt/b' }),
        mount({ source: '/dev/vdc', fstype: 'xfs', mountPoint: '/mnt/c', options: ['uquota', 'gquota'] }),
        mount({ source: '/dev/vdd', fstype: 'xfs', mountPoint: '/mnt/d', options: ['uqnoenforce'] }),
        mount({ source: 'proc', fstype: 'proc', mountPoint: '/proc' }),
      ],
      scripted(() => undefined).run,
    );
    const devices = await driver.devices(signal);
    expect(devices.map(({ name, mountPoints, subjects, stepKib }) => [name, mountPoints, subjects, stepKib])).toEqual([
      ['/dev/vdb', ['/mnt/a', '/mnt/b'], ['user', 'project'], 1n],
      ['/dev/vdc', ['/mnt/c'], ['user', 'group'], 4n],
      ['/dev/vdd', ['/mnt/d'], [], 4n],
    ]);
  });

  it('are found by name or mount point, and are nothing else', async () => {
    const host = createFakeHost();
    const devices = createDevices([createLinuxDriver(host)], signal);
    expect((await devices.find('/dev/vdb', signal)).name).toBe('/dev/vdb');
    expect((await devices.find('/srv/data', signal)).name).toBe('/dev/vdb');
    await expect(devices.find('/srv', signal)).rejects.toMatchObject({ disposition: 'terminal' });
    expect(host.calls).toEqual([]);
  });
});

describe('btrfs', () => {
  const limits = (blockHard: bigint) => ({ blockSoft: 0n, blockHard, inodeSoft: 0n, inodeHard: 0n });
  const mounts = async (): Promise<readonly Mount[]> => [
    mount({ fstype: 'btrfs', source: '/dev/loop0', mountPoint: '/srv/sub', root: '/sub' }),
    mount({ fstype: 'btrfs', source: '/dev/loop0', mountPoint: '/srv/btrfs' }),
  ];
  const table = (at: number): string =>
    matching(BTRFS, /qgroup show/).filter(({ code }) => code === 0)[at]?.output ?? '';

  it('is addressed by id through the top level, where 1 KiB stands for nothing allowed', async () => {
    const { run, lines } = scripted(() => ok(''));
    const driver = createBtrfsDriver({ run, mounts, sizes });
    const [device] = await driver.devices(signal);
    const changes = [0n, 1n, 20_480n].map((value, index) => ({ id: 256 + index, limits: limits(value) }));
    await driver.write(device as Device, 'subvolume', changes, signal);
    expect(lines).toEqual([
      'btrfs qgroup limit none 0/256 /srv/btrfs',
      'btrfs qgroup limit 0 0/257 /srv/btrfs',
      'btrfs qgroup limit 20971520 0/258 /srv/btrfs',
    ]);
  });

  it('is synced before it is read, and its own trees are left out', async () => {
    const { run, lines } = scripted((line) => ok(line.includes('show') ? table(3) : ''));
    const driver = createBtrfsDriver({ run, mounts, sizes });
    const [device] = await driver.devices(signal);
    const { rows } = await driver.read(device as Device, 'subvolume', signal);
    expect(rows).toMatchObject([{ id: 256, usedBytes: 20_955_136n, blockHard: 20_480n }]);
    expect(lines[0]).toBe('btrfs filesystem sync /srv/btrfs');
  });

  it('says how quota groups are enabled where they are not', async () => {
    const [real] = matching(BTRFS, /qgroup show/).filter(({ code }) => code === 1);
    const { run } = scripted(() => ({ code: 1, stdout: '', stderr: real?.output ?? '' }));
    const driver = createBtrfsDriver({ run, mounts, sizes });
    const [device] = await driver.devices(signal);
    expect(await driver.look(device as Device, 'subvolume', signal)).toMatchObject({
      state: 'off',
      hint: 'Run: btrfs quota enable /srv/btrfs',
    });
  });
});

describe('ZFS', () => {
  const list = 'tank\t/tank\ntank/home\t/tank/home\n';

  it('is read with exact numbers by id from OpenZFS, with objects', async () => {
    const { run } = scripted((line) => {
      if (line.startsWith('zfs list -H -p')) return ok('tank\n');
      if (line.startsWith('zfs list')) return ok(list);
      return ok('0\t512\tnone\t3\tnone\n1000\t1048577\t20971520\t7\t9\n');
    });
    const driver = createZfsDriver({ run, datasets: ['tank/home'], idOf: async () => undefined });
    const [device, ...others] = await driver.devices(signal);
    expect(others).toEqual([]);
    const { rows } = await driver.read(device as Device, 'user', signal);
    expect(rows[1]).toMatchObject({
      id: 1000,
      usedBytes: 1_048_577n,
      blockHard: 20_480n,
      inodeHard: 9n,
      usedInodes: 7n,
    });
    expect(rows[0]).toMatchObject({ id: 0, blockHard: 0n });
  });

  /** As zfs-userspace(8) has it: the name of a project is its number. */
  const PROJECTS = '0\t512\tnone\t3\tnone\n100001\t1048577\t8388608\t7\t1000\n100002\t-\t4096\t-\t-\n';
  const openzfs = (projects: Ran) =>
    scripted((line) => {
      if (line.startsWith('zfs list -H -p')) return ok('tank\n');
      if (line.startsWith('zfs list')) return ok(list);
      return line.startsWith('zfs projectspace') ? projects : ok('');
    });

  it('has projects where the tool and the pool have them', async () => {
    const { run, lines } = openzfs(ok(PROJECTS));
    const driver = createZfsDriver({ run, datasets: ['tank/home'], idOf: async () => undefined });
    const [device] = (await driver.devices(signal)) as [Device];
    expect(device.subjects).toEqual(['user', 'group', 'project']);
    expect(await driver.look(device, 'project', signal)).toMatchObject({ state: 'on' });
    expect((await driver.read(device, 'project', signal)).rows).toMatchObject([
      { id: 0, blockHard: 0n },
      { id: 100_001, usedBytes: 1_048_577n, blockHard: 8192n, inodeHard: 1000n, usedInodes: 7n },
      { id: 100_002, usedBytes: 0n, blockHard: 4n, inodeHard: 0n },
    ]);
    lines.length = 0;
    const limits = { blockSoft: 0n, blockHard: 8192n, inodeSoft: 0n, inodeHard: 0n };
    await driver.write(device, 'project', [{ id: 100_001, limits }], signal);
    expect(lines).toEqual([
      'zfs set projectquota@100001=8388608 tank/home',
      'zfs set projectobjquota@100001=none tank/home',
    ]);
    await driver.devices(signal);
    expect(lines.filter((line) => line.includes('projectspace'))).toEqual([]);
  });

  it('has none on a pool without the feature, and says how it gets them', async () => {
    const refused = {
      code: 1,
      stdout: '',
      stderr: 'cannot get used/quota for tank/home: unsupported version or feature\n',
    };
    const { run } = openzfs(refused);
    const driver = createZfsDriver({ run, datasets: ['tank/home'], idOf: async () => undefined });
    const devices = createDevices([driver], signal);
    const device = await devices.find('tank/home', signal);
    expect(device.subjects).toEqual(['user', 'group']);
    const limits = { blockHard: 8n };
    await expect(devices.write({ device, subject: 'project', id: 100_001, limits }, signal)).rejects.toMatchObject({
      code: 'HOST_QUOTA_OFF',
      hint: 'Run: zpool set feature@project_quota=enabled tank',
    });
  });

  it('has none on zfs-fuse, which is not asked', async () => {
    const { run, lines } = scripted((line) => {
      if (line.startsWith('zfs list -H -p')) return { code: 2, stdout: '', stderr: "invalid option 'p'\n" };
      return ok(list);
    });
    const driver = createZfsDriver({ run, datasets: ['tank/home'], idOf: async () => undefined });
    const [device] = (await driver.devices(signal)) as [Device];
    await expect(driver.read(device, 'project', signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_UNSUPPORTED' });
    expect(lines.filter((line) => line.includes('project'))).toEqual([]);
  });

  it('is read from zfs-fuse by names first, and then exactly', async () => {
    const noisy =
      matching(ZFS, /^zfs userspace/)[0]
        ?.output.split('\n')
        .slice(2)
        .join('\n') ?? '';
    const { run } = scripted((line) => {
      if (line.startsWith('zfs list -H -p')) return { code: 2, stdout: '', stderr: "invalid option 'p'\n" };
      if (line.startsWith('zfs list')) return ok(list);
      if (line.startsWith('zfs userspace')) return ok(noisy);
      return ok('userused@0\t17408\nuserquota@0\tnone\nuserused@1234\t0\nuserquota@1234\t1610612736\n');
    });
    const driver = createZfsDriver({ run, datasets: [], idOf: async (_, name) => (name === 'root' ? 0 : undefined) });
    const [, device] = await driver.devices(signal);
    expect(device).toMatchObject({ name: 'tank/home', hasInodes: false });
    const { rows } = await driver.read(device as Device, 'user', signal);
    expect(rows).toMatchObject([
      { id: 0, usedBytes: 17_408n, blockHard: 0n },
      { id: 1234, usedBytes: 0n, blockHard: 1_572_864n },
    ]);
  });

  it('writes bytes or none, and tells which id it was refused', async () => {
    const [real] = matching(ZFS, /^zfs set userquota@4294967295/);
    const { run, lines } = scripted((line) =>
      line.includes('@77=') ? { code: 1, stdout: '', stderr: real?.output ?? '' } : ok(''),
    );
    const driver = createZfsDriver({ run, datasets: [], idOf: async () => undefined });
    const device = {
      name: 'tank/home',
      fstype: 'zfs',
      hasInodes: false,
      mountPoints: ['/tank/home'],
    } as unknown as Device;
    const changes = [
      [1, 0n],
      [77, 5n],
      [2, 1n],
      [3, 20_480n],
    ] as const;
    const refusals = await driver.write(
      device,
      'user',
      changes.map(([id, blockHard]) => ({ id, limits: { blockSoft: 0n, blockHard, inodeSoft: 0n, inodeHard: 0n } })),
      signal,
    );
    expect(refusals.map(({ id }) => id)).toEqual([77]);
    expect(lines.map((line) => line.split(' ')[2])).toEqual([
      'userquota@1=none',
      'userquota@77=5120',
      'userquota@2=1',
      'userquota@3=20971520',
    ]);
  });

  it('takes an answer about a dataset that is gone for what it is', async () => {
    const [real] = matching(ZFS, /^zfs set userquota@1234=5M tank\/nosuch/);
    const { run } = scripted(() => ({ code: 1, stdout: '', stderr: real?.output ?? '' }));
    const driver = createZfsDriver({ run, datasets: [], idOf: async () => undefined });
    await expect(driver.devices(signal)).rejects.toMatchObject({ code: 'HOST_QUOTA_NO_DEVICE' });
  });
});
