import type { Device, Driver, Enforcement, QuotaRow } from '../devices/types.ts';
import type { Docker } from './docker.ts';
import { readLimits, writeLimits } from './limits-store.ts';
import { spaceOf, sumOf } from './ownership/usage.ts';
import { DOCKER } from './settings.ts';

const DATA_ROOT = '/var/lib/docker';

/** Docker as one of the devices of the host: limits are kept by the agent, and usage is what the engine says. */
export function createDockerDriver(docker: Docker): Driver {
  const device: Device = {
    name: DOCKER,
    mountPoints: [docker.settings.dataRoot ?? DATA_ROOT],
    fstype: DOCKER,
    options: [],
    subjects: ['user'],
    stepKib: 1n,
    hasInodes: false,
    hasSoft: false,
  };
  return {
    kind: DOCKER,
    // Without a call: other devices are there when the engine is not.
    devices: async () => [device],
    space: async (_, signal) => {
      const { usage } = await docker.view(signal);
      const limits = await readLimits(docker.store);
      const space = spaceOf(usage, limits.values(), docker.settings.reservedBytes);
      return { ...space, unattributed: sumOf(usage.unattributed) };
    },
    read: async (_device, _subject, signal) => {
      const { usage } = await docker.view(signal);
      const limits = await readLimits(docker.store);
      const ids = new Set([...limits.keys(), ...usage.users.keys()]);
      const unreadable = [...usage.users].filter(([, { unknown }]) => unknown.length > 0).map(([id]) => id);
      const hidden = new Set(unreadable);
      const rows = [...ids]
        .filter((id) => !hidden.has(id))
        .map((id) => rowOf(id, limits.get(id) ?? 0n, usage.users.get(id)));
      return { rows: rows.sort((a, b) => a.id - b.id), unreadable };
    },
    write: async (_device, _subject, changes) => {
      await writeLimits(docker.store, changes);
      return [];
    },
    grace: async () => ({ blockSeconds: undefined, inodeSeconds: undefined }),
    look: async () => lookAt(docker),
    switchOn: async () => undefined,
  };
}

function rowOf(
  id: number,
  limit: bigint,
  used:
    | { readonly total: bigint; readonly containers: bigint; readonly layers: bigint; readonly volumes: bigint }
    | undefined,
): QuotaRow {
  const { total = 0n, containers = 0n, layers = 0n, volumes = 0n } = used ?? {};
  return {
    id,
    blockSoft: limit,
    blockHard: limit,
    inodeSoft: 0n,
    inodeHard: 0n,
    usedBytes: total,
    usedInodes: 0n,
    blockGrace: 0,
    inodeGrace: 0,
    parts: { containers, layers, volumes },
  };
}

function lookAt({ store, settings }: Docker): Enforcement {
  if (!store.isDurable) {
    return {
      state: 'until-remount',
      detail: 'limits of Docker are forgotten with the agent',
      hint: 'Name a file in `state`: no kernel keeps these limits.',
    };
  }
  const what = {
    monitor: 'users above their limit are told, and nothing is stopped (docker.mode: monitor)',
    stop: 'one running container of a user above the limit is stopped in each pass',
    remove: `containers of users above their limit are removed ${settings.graceSeconds} s after the notice`,
  };
  return { state: 'on', detail: what[settings.mode] };
}
