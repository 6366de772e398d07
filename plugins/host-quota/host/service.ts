import type { Clock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import { parseAccountId } from '../accounts/account-id.ts';
import type { Devices } from '../devices/devices.ts';
import { type EachDevice, eachDevice, type Lost } from '../devices/each-device.ts';
import { emptyRow } from '../devices/limits.ts';
import type { Device, Limits } from '../devices/types.ts';
import type { Registry } from '../registry/registry.ts';
import type { DeviceFacts, NamedRow, Unavailable } from '../remote/wire.ts';
import { isEligible } from './eligible.ts';
import { nameOfId } from './name-of-id.ts';
import type { HostUser, Names } from './names.ts';

export interface ServiceDeps {
  readonly id: string;
  readonly devices: Devices;
  readonly names: Names;
  readonly store: Documents;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where nothing belongs to a resource: made-up hosts. */
  readonly registry: Registry | undefined;
  readonly range: { readonly uid_min: number; readonly uid_max: number };
  /** Whether devices are listed with their groups. */
  readonly hasGroups: boolean;
}

/** What other programs may see and change of the quotas of users on this host. */
export interface HostService extends ServiceDeps {
  /** Eligible users, by name. */
  users(signal: AbortSignal): Promise<readonly HostUser[]>;
  /** Every device with limits, with its users and groups; one that cannot be read is there with the reason. */
  list(signal: AbortSignal): Promise<readonly (DeviceFacts | Unavailable)[]>;
  /** The devices on which the user has limits or files, each with that one row, as far as they can be read. */
  ofUser(uid: number, signal: AbortSignal): Promise<readonly DeviceFacts[]>;
  set(uid: number, device: Device, limits: Partial<Limits>, signal: AbortSignal): Promise<NamedRow>;
  /** Users on this device whose limits belong to a resource. */
  owned(device: Device): Promise<ReadonlySet<number>>;
}

/** Less than callers wait for all devices together. */
const DEADLINE_MS = 45_000;

export function createHostService(deps: ServiceDeps): HostService {
  const { devices, names, range } = deps;

  async function users(signal: AbortSignal): Promise<readonly HostUser[]> {
    const all = (await names.users(signal)).filter(({ uid }) => isEligible(uid, range));
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function userRows(device: Device, signal: AbortSignal): Promise<readonly NamedRow[]> {
    const rows = (await devices.rows(device, 'user', signal)).rows.filter(({ id }) => isEligible(id, range));
    const named = await names.userNames(
      rows.map(({ id }) => id),
      signal,
    );
    return rows.map((row) => ({ name: nameOfId(named, row.id), row }));
  }

  async function groupRows(device: Device, signal: AbortSignal): Promise<readonly NamedRow[] | undefined> {
    if (!deps.hasGroups || !device.subjects.includes('group')) return undefined;
    const { rows } = await devices.rows(device, 'group', signal);
    const named = await names.groupNames(
      rows.map(({ id }) => id),
      signal,
    );
    return rows.map((row) => ({ name: nameOfId(named, row.id), row }));
  }

  async function facts(device: Device, signal: AbortSignal): Promise<DeviceFacts> {
    const groups = await groupRows(device, signal);
    return {
      device,
      space: await devices.space(device, signal),
      userGrace: await devices.grace(device, 'user', signal),
      users: await userRows(device, signal),
      ...(groups && { groups, groupGrace: await devices.grace(device, 'group', signal) }),
    };
  }

  /** Of devices that can limit users. */
  async function limited(signal: AbortSignal): Promise<EachDevice<DeviceFacts>> {
    const { done, lost } = await eachDevice(deps, DEADLINE_MS, signal, async (device, inner) =>
      device.subjects.includes('user') ? facts(device, inner) : undefined,
    );
    for (const { name, error } of lost) deps.log.warn({ err: error, device: name }, 'the device could not be read');
    return { done: done.filter((one) => one !== undefined), lost };
  }

  return {
    ...deps,
    users,
    list: async (signal) => {
      const { done, lost } = await limited(signal);
      return [...done, ...lost.map(unavailable)];
    },
    ofUser: async (uid, signal) => {
      const { done } = await limited(signal);
      const all: DeviceFacts[] = [];
      for (const one of done) {
        const { groups: _, groupGrace: __, users: rows = [], ...rest } = one;
        const own = rows.filter(({ row }) => row.id === uid);
        if (own.length > 0) all.push({ ...rest, users: own });
      }
      return all;
    },
    set: async (uid, device, limits, signal) => {
      const { after } = await devices.write({ device, subject: 'user', id: uid, limits }, signal);
      const name = nameOfId(await names.userNames([uid], signal), uid);
      return { name, row: after ?? emptyRow(uid) };
    },
    owned: async (device) => {
      const records = (await deps.registry?.all()) ?? [];
      const ids = records.map(({ account }) => parseAccountId(account ?? ''));
      const here = ids.filter((id) => id?.subject === 'user' && isDevice(device, id.device));
      return new Set(here.flatMap((id) => id?.id ?? []));
    },
  };
}

function unavailable({ name, device, error }: Lost): Unavailable {
  const { fstype = name, mountPoints = [], options = [] } = device ?? {};
  return { device: { name, fstype, mountPoints, options }, reason: error.message.slice(0, LONGEST_REASON) };
}

const LONGEST_REASON = 500;

function isDevice({ name, mountPoints }: Device, configured: string): boolean {
  return name === configured || mountPoints.includes(configured);
}
