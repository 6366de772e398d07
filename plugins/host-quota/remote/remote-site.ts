import { createKeyedLock } from '../../../src/lib/keyed-lock.ts';
import { formatLimits } from '../devices/format-limits.ts';
import { checkLimits, emptyRow, keptAs, limitsOf, mergeLimits, sameLimits } from '../devices/limits.ts';
import { notKept, unavailable, unknownDevice, unsupported } from '../errors.ts';
import type { Site } from '../site.ts';
import type { RemoteClient } from './client.ts';
import type { ReadDevice } from './wire.ts';

/** A host of the settings, and what speaks with it. */
export interface Remote {
  readonly id: string;
  readonly client: RemoteClient;
}

/** A host behind its remote API. It can limit existing users, and nothing can be made there. */
export function createRemoteSite({ id: hostId, client }: Remote, deviceName: string): Site {
  const lock = createKeyedLock();
  const look = (signal: AbortSignal): Promise<ReadDevice> => find(hostId, client, deviceName, signal);
  return {
    id: hostId,
    device: async (signal) => (await look(signal)).device,
    rows: async (subject, signal) => {
      if (subject !== 'user') throw unsupported(`The remote host ${hostId}`, `limits of a ${subject}`);
      return { rows: (await look(signal)).users.map(({ row }) => row), unreadable: [] };
    },
    write: (subject, id, limits, signal) =>
      lock.hold(String(id), async () => {
        if (subject !== 'user') throw unsupported(`The remote host ${hostId}`, `limits of a ${subject}`);
        const { device, users } = await look(signal);
        const before = users.find(({ row }) => row.id === id)?.row ?? emptyRow(id);
        const wanted = mergeLimits(limitsOf(before), limits);
        checkLimits(wanted);
        const kept = keptAs(wanted, device);
        if (sameLimits(kept, before)) return { before, after: before, changed: false };
        const { row: after } = await client.setUser(id, device.name, wanted, signal);
        if (!sameLimits(kept, after)) {
          throw notKept(`user ${id} on ${device.name} of ${hostId}`, formatLimits(kept), formatLimits(after));
        }
        return { before, after, changed: true };
      }),
    resolve: (subject, name, signal) =>
      subject === 'user' ? client.resolve(name, signal) : Promise.resolve(undefined),
    names: async (_subject, ids, signal) => {
      const wanted = new Set(ids);
      const { users } = await look(signal);
      return new Map(users.filter(({ row }) => wanted.has(row.id)).map(({ row, name }) => [row.id, name]));
    },
  };
}

/** A device that the host cannot read now is not absent, and neither is one of a kind that it cannot list. */
async function find(hostId: string, client: RemoteClient, name: string, signal: AbortSignal): Promise<ReadDevice> {
  const all = await client.devices(signal);
  const seen = all.find(({ device }) => device.name === name || device.mountPoints.includes(name));
  const lost = seen ?? all.find(({ unavailable }) => unavailable !== undefined);
  if (lost?.unavailable !== undefined) throw unavailable(name, hostId, lost.unavailable);
  if (seen === undefined) throw unknownDevice(name);
  return seen;
}
