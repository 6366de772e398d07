import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { formatBytes } from '../../../src/lib/units.ts';
import { eachDevice } from '../devices/each-device.ts';
import { hasLimit } from '../devices/limits.ts';
import type { Device, Subject } from '../devices/types.ts';
import { nameOfId } from '../host/name-of-id.ts';
import type { HostService } from '../host/service.ts';
import type { NamedRow, ReadDevice } from '../remote/wire.ts';
import { formatQuota } from '../remote/wire.ts';
import { stateOf } from '../state/machine.ts';
import { showBlocks, showCount } from './amount.ts';
import type { Opened } from './open.ts';

/** One id on one device, for a table or as JSON. */
export interface Line extends NamedRow {
  readonly device: Device;
  readonly subject: Subject;
}

export interface Lines {
  readonly lines: readonly Line[];
  /** What could not be read: device or kind of device, and why. */
  readonly lost: readonly string[];
}

export async function linesOf({ host, remote }: Opened, signal: AbortSignal): Promise<Lines> {
  if (remote !== undefined) {
    const devices = await remote.client.devices(signal);
    const lines = devices.flatMap(({ device, users }) =>
      users.map((named) => ({ ...named, device, subject: 'user' as const })),
    );
    return { lines, lost: lostOf(devices) };
  }
  const { done, lost } = await eachDevice(host, DEADLINE_MS, signal, (device, inner) => linesOn(host, device, inner));
  return { lines: done.flat(), lost: lost.map(({ name, error }) => `${name}: ${error.message}`) };
}

/** What a remote host could not read. */
export function lostOf(devices: readonly ReadDevice[]): readonly string[] {
  return devices.flatMap(({ device, unavailable }) =>
    unavailable === undefined ? [] : [`${device.name}: ${unavailable}`],
  );
}

/** Says on stderr what could not be read. Returns the exit code. */
export function sayLost(stderr: { write(text: string): unknown }, lost: readonly string[]): number {
  for (const one of lost) stderr.write(`${one}\n`);
  return lost.length === 0 ? 0 : 1;
}

/** A person waits. */
const DEADLINE_MS = 3 * 60_000;

async function linesOn(host: HostService, device: Device, signal: AbortSignal): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const subject of device.subjects) {
    const { rows } = await host.devices.rows(device, subject, signal);
    const ids = rows.map(({ id }) => id);
    const names =
      subject === 'user'
        ? await host.names.userNames(ids, signal)
        : subject === 'group'
          ? await host.names.groupNames(ids, signal)
          : new Map<number, string>();
    lines.push(...rows.map((row) => ({ row, device, subject, name: nameOfId(names, row.id) })));
  }
  return lines;
}

export function isLimited({ row }: Line): boolean {
  return hasLimit(row);
}

export function tableOf(lines: readonly Line[], now: Date): readonly (readonly string[])[] {
  const rows = lines.map((line) => {
    const { device, subject, name, row } = line;
    const who = subject === 'user' ? name : `${subject}:${name.replace('#', '')}`;
    const used = formatBytes(row.usedBytes);
    return [
      who,
      device.name,
      used,
      showBlocks(row.blockSoft),
      showBlocks(row.blockHard),
      String(row.usedInodes),
      showCount(row.inodeHard),
      statusOf(line, now),
    ];
  });
  return [['WHO', 'DEVICE', 'USED', 'SOFT', 'HARD', 'FILES', 'LIMIT', 'STATUS'], ...rows];
}

export function jsonOf(lines: readonly Line[], now: Date): Json {
  return lines.map((line): JsonObject => {
    const quota = formatQuota(line, line.subject === 'group' ? 'gid' : 'uid');
    return { subject: line.subject, device: line.device.name, status: statusOf(line, now), ...quota };
  });
}

function statusOf({ row, device }: Line, now: Date): string {
  const options = { endingSeconds: 86_400, blockSeconds: undefined, inodeSeconds: undefined };
  const state = stateOf(row, {
    now: Math.floor(now.getTime() / 1000),
    ...options,
    startsGrace: device.fstype === 'ext4',
  });
  return state.replace('soft_over_', '').replaceAll('_', ' ');
}
