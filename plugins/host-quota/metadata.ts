import type { JsonObject } from '../../src/lib/json.ts';
import type { Device, QuotaRow } from './devices/types.ts';
import type { RegistryRecord } from './registry/record.ts';
import type { Site } from './site.ts';
import { stateOf } from './state/machine.ts';

export interface Facts {
  readonly site: Site;
  readonly record: RegistryRecord;
  readonly row: QuotaRow;
  readonly device: Device;
  /** As the host calls the id now; undefined when it has no name any more. */
  readonly name: string | undefined;
  readonly now: Date;
}

/** What the consumer sees; nothing secret. Limits in KiB and inodes, usage in bytes, 0 is "no limit". */
export function metadataOf({ site, record, row, device, name, now }: Facts): JsonObject {
  const { subject, id = -1 } = record;
  const isNamed = subject === 'user' || subject === 'group';
  return {
    host: site.id,
    device: device.name,
    filesystem: device.fstype,
    mount_point: device.mountPoints[0] ?? '',
    [KEYS[subject]]: isNamed ? (name ?? `#${id}`) : record.name,
    [`${subject}_id`]: id,
    status: statusOf(row, device, now),
    limits: {
      block_soft_limit: Number(row.blockSoft),
      block_hard_limit: Number(row.blockHard),
      ...(device.hasInodes && { inode_soft_limit: Number(row.inodeSoft), inode_hard_limit: Number(row.inodeHard) }),
    },
    usage: { bytes: Number(row.usedBytes), ...(device.hasInodes && { inodes: Number(row.usedInodes) }) },
    ...(row.blockGrace > 0 && { grace_ends: isoTime(row.blockGrace) }),
    ...(row.inodeGrace > 0 && { inode_grace_ends: isoTime(row.inodeGrace) }),
  };
}

const KEYS = { user: 'username', group: 'groupname', project: 'directory', subvolume: 'directory' } as const;

function statusOf(row: QuotaRow, device: Device, now: Date): string {
  const options = { endingSeconds: 86_400, blockSeconds: undefined, inodeSeconds: undefined };
  const startsGrace = device.fstype === 'ext4';
  return stateOf(row, { now: Math.floor(now.getTime() / 1000), ...options, startsGrace });
}

function isoTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString();
}
