import { emptyRow, keptAs } from '../devices/limits.ts';
import type { Device, Driver, QuotaRow } from '../devices/types.ts';
import { unknownDevice } from '../errors.ts';
import type { Names } from '../host/names.ts';
import type { MockDevice, MockHost } from './hosts.ts';

const WEEK = 604_800;

/** File systems in memory, which no kernel enforces. */
export function createMockDriver({ devices }: MockHost): Driver {
  const rows = new Map(devices.map(({ device, rows: all }) => [device.name, new Map(all.map((row) => [row.id, row]))]));
  const find = ({ name }: Device): MockDevice => {
    const found = devices.find(({ device }) => device.name === name);
    if (found === undefined) throw unknownDevice(name);
    return found;
  };
  const rowsOf = ({ name }: Device): Map<number, QuotaRow> => rows.get(name) ?? new Map();
  return {
    kind: 'mock',
    devices: async () => devices.map(({ device }) => device),
    space: async (device) => find(device).space,
    read: async (device, subject) => ({ rows: subject === 'user' ? [...rowsOf(device).values()] : [], unreadable: [] }),
    write: async (device, _subject, changes) => {
      const all = rowsOf(device);
      for (const { id, limits } of changes)
        all.set(id, { ...(all.get(id) ?? emptyRow(id)), ...keptAs(limits, device) });
      return [];
    },
    grace: async ({ hasSoft }) => ({
      blockSeconds: hasSoft ? WEEK : undefined,
      inodeSeconds: hasSoft ? WEEK : undefined,
    }),
    look: async () => ({ state: 'on', detail: 'made up' }),
    switchOn: async () => undefined,
  };
}

export function createMockNames({ users }: MockHost): Names {
  const all = Object.entries(users).map(([name, uid]) => ({ name, uid, gecos: '' }));
  const groups = ['users', 'developers', 'admins'].map((name, index) => ({ name, gid: 100 + index }));
  return {
    user: async (key) => all.find(({ name, uid }) => name === key || uid === key),
    group: async (key) => groups.find(({ name, gid }) => name === key || gid === key),
    users: async () => all,
    groups: async () => groups,
    userNames: async () => new Map(all.map(({ uid, name }) => [uid, name])),
    groupNames: async () => new Map(groups.map(({ gid, name }) => [gid, name])),
  };
}
