import type { Devices } from '../devices/devices.ts';
import type { Site } from '../site.ts';
import type { Names } from './names.ts';

/** The host the agent runs on, with one of its devices. */
export function createLocalSite(id: string, deviceName: string, devices: Devices, names: Names): Site {
  return {
    id,
    device: (signal) => devices.find(deviceName, signal),
    rows: async (subject, signal) => devices.rows(await devices.find(deviceName, signal), subject, signal),
    write: async (subject, number, limits, signal) => {
      const device = await devices.find(deviceName, signal);
      return devices.write({ device, subject, id: number, limits }, signal);
    },
    resolve: async (subject, name, signal) => {
      if (subject === 'user') return (await names.user(name, signal))?.uid;
      return subject === 'group' ? (await names.group(name, signal))?.gid : undefined;
    },
    names: async (subject, ids, signal) => {
      if (subject === 'user') return names.userNames(ids, signal);
      return subject === 'group' ? names.groupNames(ids, signal) : new Map();
    },
  };
}
