import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { quotaOff, unknownDevice, unsupported } from '../errors.ts';
import type { Device, Driver, Enforcement, Grace, Rows, Space, Subject } from './types.ts';
import { createWriter, type Request, type Writer, type Written } from './writer.ts';

/** Everything on this host that has quotas, of all kinds in one list. */
export interface Devices {
  /** By name. */
  list(signal: AbortSignal): Promise<readonly Device[]>;
  /**
   * By name or mount point.
   *
   * @throws AgentError terminal `HOST_QUOTA_NO_DEVICE`.
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

/** `closing` ends the programs that still run. */
export function createDevices(drivers: readonly Driver[], closing: AbortSignal): Devices {
  const writers = new Map<Driver, Writer>(drivers.map((driver) => [driver, createWriter(driver, closing)]));
  const owners = new Map<string, Driver>();
  /** Device, kind of id and mount options for which limits were found to bind. */
  const binding = new Set<string>();

  async function list(signal: AbortSignal): Promise<readonly Device[]> {
    const all: Device[] = [];
    for (const driver of drivers) {
      for (const device of await driver.devices(signal)) {
        owners.set(device.name, driver);
        all.push(device);
      }
    }
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
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
    const all = await list(signal);
    const device = all.find((one) => one.name === name) ?? all.find(({ mountPoints }) => mountPoints.includes(name));
    if (device === undefined) throw unknownDevice(name);
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
  zfs: ['user', 'group'],
  btrfs: ['subvolume'],
  docker: ['user'],
};
