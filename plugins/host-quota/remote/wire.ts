import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { Device, Grace, Limits, QuotaRow, Space } from '../devices/types.ts';
import { formatParts } from '../docker/format.ts';

/** A device as the remote API has it: limits in KiB, usage in bytes, times in epoch seconds, 0 is none. */
export interface DeviceFacts {
  readonly device: Device;
  readonly space: Space;
  readonly userGrace?: Grace | undefined;
  readonly groupGrace?: Grace | undefined;
  readonly users?: readonly NamedRow[] | undefined;
  readonly groups?: readonly NamedRow[] | undefined;
}

/** A device that cannot be read, or under the name of its kind all of a kind that cannot be listed. */
export interface Unavailable {
  readonly device: Pick<Device, 'name' | 'fstype' | 'mountPoints' | 'options'>;
  readonly reason: string;
}

export interface NamedRow {
  readonly name: string;
  readonly row: QuotaRow;
}

/** One without users, and with `unavailable` as the reason, when it cannot be read. */
export function formatDevice(facts: DeviceFacts | Unavailable): JsonObject {
  const { device } = facts;
  const own = { name: device.name, mount_points: device.mountPoints, fstype: device.fstype, opts: device.options };
  if ('reason' in facts) return { ...own, usage: formatSpace(NO_SPACE, device.fstype), unavailable: facts.reason };
  const { space, userGrace, groupGrace, users, groups } = facts;
  const format = device.fstype === 'zfs' || device.fstype === 'docker' ? device.fstype : 'vfsv1';
  return {
    ...own,
    usage: formatSpace(space, device.fstype),
    ...(space.unattributed !== undefined && { unattributed_usage: Number(space.unattributed) }),
    ...(userGrace && { user_quota_format: format, user_quota_info: formatGrace(userGrace) }),
    ...(users && { user_quotas: users.map((named) => formatQuota(named, 'uid')) }),
    ...(groupGrace && { group_quota_format: format, group_quota_info: formatGrace(groupGrace) }),
    ...(groups && { group_quotas: groups.map((named) => formatQuota(named, 'gid')) }),
  };
}

const NO_SPACE: Space = { total: 0n, used: 0n, free: 0n };

/** Of file systems the part of what users can have, which some keep a reserve from; of Docker the part of the total. */
function formatSpace({ total, used, free }: Space, fstype: string): JsonObject {
  const whole = fstype === 'docker' ? total : used + free;
  const percent = whole === 0n ? 0 : used > whole ? 100 : Number((used * 1000n) / whole) / 10;
  return { free: Number(free), total: Number(total), used: Number(used), percent };
}

function formatGrace({ blockSeconds = 0, inodeSeconds = 0 }: Grace): JsonObject {
  return { block_grace: blockSeconds, inode_grace: inodeSeconds, flags: 0 };
}

export function formatQuota({ name, row }: NamedRow, key: 'uid' | 'gid'): JsonObject {
  return {
    [key]: row.id,
    name,
    block_hard_limit: Number(row.blockHard),
    block_soft_limit: Number(row.blockSoft),
    block_current: Number(row.usedBytes),
    inode_hard_limit: Number(row.inodeHard),
    inode_soft_limit: Number(row.inodeSoft),
    inode_current: Number(row.usedInodes),
    block_time_limit: row.blockGrace,
    inode_time_limit: row.inodeGrace,
    ...(row.parts && formatParts(row.parts)),
  };
}

/** A quota as a host sent it; undefined when it is none. Inode fields may be missing. */
export function readQuota(value: Json, key: 'uid' | 'gid'): NamedRow | undefined {
  if (!isJsonObject(value)) return undefined;
  const id = value[key];
  const names = [
    'block_hard_limit',
    'block_soft_limit',
    'block_current',
    'inode_hard_limit',
    'inode_soft_limit',
    'inode_current',
  ];
  const [blockHard, blockSoft, usedBytes, inodeHard, inodeSoft, usedInodes] = names.map((name) =>
    readAmount(value[name]),
  );
  const [blockGrace, inodeGrace] = [readAmount(value['block_time_limit']), readAmount(value['inode_time_limit'])];
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  if (blockHard === undefined || blockSoft === undefined || usedBytes === undefined) return undefined;
  return {
    name: typeof value['name'] === 'string' ? value['name'] : `#${id}`,
    row: {
      id,
      blockHard,
      blockSoft,
      usedBytes,
      inodeHard: inodeHard ?? 0n,
      inodeSoft: inodeSoft ?? 0n,
      usedInodes: usedInodes ?? 0n,
      blockGrace: Number(blockGrace ?? 0n),
      inodeGrace: Number(inodeGrace ?? 0n),
    },
  };
}

export interface ReadDevice {
  readonly device: Device;
  readonly users: readonly NamedRow[];
  /** Why the host could not read it; undefined when it could. */
  readonly unavailable: string | undefined;
}

/** A device with its quotas as a host sent it; undefined when it is none, or when one of its quotas is none. */
export function readDevice(value: Json): ReadDevice | undefined {
  if (!isJsonObject(value) || typeof value['name'] !== 'string') return undefined;
  const { name, mount_points: mountPoints, fstype, opts, user_quotas: quotas, unavailable } = value;
  const users = Array.isArray(quotas) ? quotas.map((quota: Json) => readQuota(quota, 'uid')) : [];
  const readable = users.filter((user) => user !== undefined);
  if (readable.length !== users.length) return undefined;
  const type = typeof fstype === 'string' ? fstype : '';
  const isPlain = type === 'zfs' || type === 'docker';
  const device: Device = {
    name,
    mountPoints: texts(mountPoints),
    fstype: type,
    options: texts(opts),
    subjects: ['user'],
    // Blocks of its XFS are not told; limits of whole blocks are kept as they are.
    stepKib: type === 'xfs' ? 4n : 1n,
    hasInodes: !isPlain,
    hasSoft: !isPlain,
  };
  return { device, users: readable, unavailable: typeof unavailable === 'string' ? unavailable : undefined };
}

export function limitFields({ blockHard, blockSoft, inodeHard, inodeSoft }: Limits): JsonObject {
  return {
    block_hard_limit: Number(blockHard),
    block_soft_limit: Number(blockSoft),
    inode_hard_limit: Number(inodeHard),
    inode_soft_limit: Number(inodeSoft),
  };
}

/** What `limitFields` makes; undefined for anything else. */
export function readLimitFields(value: Json): Limits | undefined {
  if (!isJsonObject(value)) return undefined;
  const names = ['block_hard_limit', 'block_soft_limit', 'inode_hard_limit', 'inode_soft_limit'];
  const [blockHard, blockSoft, inodeHard, inodeSoft] = names.map((name) => readAmount(value[name]));
  if (blockHard === undefined || blockSoft === undefined || inodeHard === undefined || inodeSoft === undefined) {
    return undefined;
  }
  return { blockHard, blockSoft, inodeHard, inodeSoft };
}

function readAmount(value: Json | undefined): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
