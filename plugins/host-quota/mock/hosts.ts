import { emptyRow } from '../devices/limits.ts';
import type { Device, QuotaRow, Space } from '../devices/types.ts';

/** A made-up host. Times of grace are in seconds from the start. */
export interface MockHost {
  readonly users: Readonly<Record<string, number>>;
  readonly devices: readonly MockDevice[];
  /** Whether it has the made-up Docker engine, too. */
  readonly hasDocker?: boolean;
}

export interface MockDevice {
  readonly device: Device;
  readonly space: Space;
  readonly rows: readonly QuotaRow[];
}

export type MockHostId = 'host1' | 'host2' | 'host3' | 'host4';

const GIB = 1024n ** 3n;
const HOUR = 3600;
const DAY = 24 * HOUR;
const ALL = { alice: 1000, bob: 1001, charlie: 1002, diana: 1003, eve: 1004 };
const TWO = { alice: 1000, bob: 1001 };

/** The hosts that other programs of this kind show, so that whoever knows one finds the same people and disks, in their order. */
export function mockHost(id: MockHostId, now: number): MockHost {
  switch (id) {
    case 'host1':
      return { users: ALL, devices: firstHost(now) };
    case 'host2':
      return {
        users: TWO,
        devices: [
          disk('/dev/vdb1', '/data', [
            row(1000, {
              usedBytes: 450_000n * 1024n,
              blockSoft: 400_000n,
              blockHard: 500_000n,
              blockGrace: now - 2 * DAY,
            }),
            row(1001, { usedBytes: 100_000n * 1024n, blockSoft: 400_000n, blockHard: 500_000n }),
          ]),
          dataset('tank/home', [usage(1000, 3n, 10n), usage(1001, 6n, 10n)]),
        ],
      };
    case 'host3':
      return {
        users: TWO,
        devices: [
          dataset('tank/home', [usage(1000, 3n, 10n), usage(1001, 9n, 10n)]),
          dataset('tank/scratch', [usage(1000, 20n, 100n), usage(1001, 1n, 100n)]),
        ],
      };
    case 'host4':
      return {
        users: { alice: 1000, bob: 1001, charlie: 1002 },
        devices: [disk('/dev/sda1', '/', [usage(1000, 1n, 4n), usage(1001, 2n, 4n)])],
        hasDocker: true,
      };
  }
}

function firstHost(now: number): readonly MockDevice[] {
  const limits = { blockSoft: 400_000n, blockHard: 500_000n, inodeSoft: 80_000n, inodeHard: 100_000n };
  return [
    disk('/dev/sda1', '/', [
      row(1000, {
        ...limits,
        usedBytes: 450_000n * 1024n,
        usedInodes: 85_000n,
        blockGrace: now + 5 * DAY,
        inodeGrace: now + 3 * DAY,
      }),
      row(1001, { ...limits, usedBytes: 350_000n * 1024n, usedInodes: 1000n }),
      row(1002, { ...limits, usedBytes: 450_000_000n, usedInodes: 2000n, blockGrace: now + 6 * DAY }),
      row(1003, { usedBytes: 120_000n * 1024n, usedInodes: 500n }),
      row(1004, { ...limits, usedBytes: 10_000n * 1024n, usedInodes: 100n }),
    ]),
    disk('/dev/sdb1', '/home', [
      row(1000, { ...limits, usedBytes: 100_000n * 1024n, usedInodes: 1000n }),
      row(1001, { ...limits, usedBytes: 430_000n * 1024n, usedInodes: 1000n, blockGrace: now + 6 * HOUR }),
    ]),
    disk('/dev/nvme0n1p1', '/scratch', [usage(1000, 20n, 100n), usage(1002, 30n, 100n)], 500n),
    // Sold more often than it is large.
    disk('/dev/sdc1', '/oversold', [usage(1000, 30n, 90n), usage(1001, 20n, 90n)], 100n),
    disk('/dev/sdd1', '/full', [usage(1001, 50n, 50n), usage(1002, 49n, 50n)], 99n),
    disk('/dev/sde1', '/archive', [usage(1003, 1n, 20n), usage(1004, 2n, 20n)]),
  ];
}

function row(id: number, changes: Partial<QuotaRow>): QuotaRow {
  return { ...emptyRow(id), ...changes };
}

function usage(id: number, gibibytes: bigint, limit: bigint): QuotaRow {
  return row(id, { usedBytes: gibibytes * GIB, blockSoft: limit * 1024n * 1024n, blockHard: limit * 1024n * 1024n });
}

function disk(name: string, mountPoint: string, rows: readonly QuotaRow[], gibibytes = 200n): MockDevice {
  const subjects = ['user', 'group'] as const;
  const device = {
    name,
    mountPoints: [mountPoint],
    fstype: 'ext4',
    options: ['rw', 'usrquota', 'grpquota'],
    subjects,
    stepKib: 1n,
  };
  return { device: { ...device, hasInodes: true, hasSoft: true }, space: spaceFor(rows, gibibytes * GIB), rows };
}

function dataset(name: string, rows: readonly QuotaRow[]): MockDevice {
  const device = {
    name,
    mountPoints: [`/${name}`],
    fstype: 'zfs',
    options: [],
    subjects: ['user'] as const,
    stepKib: 1n,
  };
  return { device: { ...device, hasInodes: false, hasSoft: false }, space: spaceFor(rows, 200n * GIB), rows };
}

function spaceFor(rows: readonly QuotaRow[], total: bigint): Space {
  const used = rows.reduce((sum, { usedBytes }) => sum + usedBytes, 0n);
  return { total, used, free: total > used ? total - used : 0n };
}
