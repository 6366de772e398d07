import { toAgentError } from '../../../src/lib/errors.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { quotaOff, unknownDevice, unsupported } from '../errors.ts';
import type { Device, Driver, Enforcement, Grace, Rows, Space, Subject, Unlisted } from './types.ts';
import { createWriter, type Request, type Writer, type Written } from './writer.ts';

/** Everything on this host that has quotas, of all kinds in one list. */
export interface Devices {
  /**
   * By name, or as the drivers have them. A kind that cannot be listed does not keep the others from it.
   *
   * @throws what the first kind failed with, when no kind can be listed.
   */
  list(signal: AbortSignal): Promise<Listing>;
  /**
   * By name or mount point.
   *
   * @throws AgentError terminal `HOST_QUOTA_NO_DEVICE`; when a kind that cannot be listed may have it, what that failed with.
   */
  find(name: string, signal: AbortSignal): Promise<Device>;
  space(device: Device, signal: AbortSignal): Promise<Space>;
  rows(device: Device, subject: Subject, signal: AbortSignal): Promise<Rows>;
  grace(device: Device, subject: Subject, signal: AbortSignal): Promise<Grace>;
  look(device: Device, subject: Subject, signal: AbortSignal): Promise<Enforcement>;
  /** Makes limits bind where a command can, and looks. */
  enforce(device: Device, subject: Subject, signal: AbortSignal): Promise<Enforcement>;
  /**
   * Sets what the request names, after limits were found to bind on the device.
   *
   * @throws AgentError operator `HOST_QUOTA_OFF`, and as `Writer.write`.
   */
  write(request: Request, signal: AbortSignal): Promise<Written>;
}

export interface Listing {
  readonly devices: readonly Device[];
  readonly unlisted: readonly Unlisted[];
}

/** `closing` ends the programs that still run. */
export function createDevices(
  drivers: readonly Driver[],
  closing: AbortSignal,
  order: 'by-name' | 'as-given' = 'by-name',
): Devices {
  const writers = new Map<Driver, Writer>(drivers.map((driver) => [driver, createWriter(driver, closing)]));
  const owners = new Map<string, Driver>();
  /** Device, kind of id and mount options for which limits were found to bind. */
  const binding = new Set<string>();

  async function list(signal: AbortSignal): Promise<Listing> {
    const devices: Device[] = [];
    const unlisted: Unlisted[] = [];
    for (const driver of drivers) {
      try {
        for (const device of await driver.devices(signal)) {
          owners.set(device.name, driver);
          devices.push(device);
        }
      } catch (error) {
        signal.throwIfAborted();
        if (drivers.length === 1) throw error;
        unlisted.push({ kind: driver.kind, error: toAgentError(error) });
      }
    }
    if (unlisted.length === drivers.length && unlisted[0] !== undefined) throw unlisted[0].error;
    if (order === 'by-name') devices.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { devices, unlisted };
  }

  function driverOf({ name }: Device): Driver {
    const driver = owners.get(name);
    if (driver === undefined) throw unknownDevice(name);
    return driver;
  }

  async function bind(device: Device, subject: Subject, signal: AbortSignal): Promise<void> {
    const key = [subject, device.name, ...device.mountPoints, ...device.options].join(' ');
    if (binding.has(key)) return;
    const { state, detail, hint = '' } = await enforce(device, subject, signal);
    if (state === 'off') throw quotaOff(`${device.name}: ${detail}`, hint);
    binding.add(key);
  }

  async function enforce(device: Device, subject: Subject, signal: AbortSignal): Promise<Enforcement> {
    const driver = driverOf(device);
    await driver.switchOn(device, subject, signal);
    return driver.look(await find(device.name, signal), subject, signal);
  }

  async function find(name: string, signal: AbortSignal): Promise<Device> {
    const { devices, unlisted } = await list(signal);
    const device =
      devices.find((one) => one.name === name) ?? devices.find(({ mountPoints }) => mountPoints.includes(name));
    if (device === undefined) throw unlisted[0]?.error ?? unknownDevice(name);
    return device;
  }

  return {
    list,
    find,
    space: (device, signal) => driverOf(device).space(device, signal),
    rows: async (device, subject, signal) => {
      if (!CAN[device.fstype]?.includes(subject)) throw unsupported(device.name, `limits of a ${subject}`);
      return driverOf(device).read(device, subject, signal);
    },
    grace: (device, subject, signal) => driverOf(device).grace(device, subject, signal),
    enforce,
    look: (device, subject, signal) => driverOf(device).look(device, subject, signal),
    write: async (request, signal) => {
      await bind(request.device, request.subject, signal);
      const writer = writers.get(driverOf(request.device));
      if (writer === undefined) throw unknownDevice(request.device.name);
      return untilAborted(writer.write(request), signal);
    },
  };
}

/** Which ids each kind of file system knows, whether its mount options ask for them or not. */
const CAN: Readonly<Record<string, readonly Subject[]>> = {
  ext4: ['user', 'group', 'project'],
  xfs: ['user', 'group', 'project'],
  zfs: ['user', 'group', 'project'],
  btrfs: ['subvolume'],
  docker: ['user'],
};
