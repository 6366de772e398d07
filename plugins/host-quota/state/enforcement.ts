import { isAgentError } from '../../../src/lib/errors.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import type { Devices } from '../devices/devices.ts';
import type { Device, Enforcement, Subject } from '../devices/types.ts';
import { outboxPut } from './outbox.ts';

export interface EnforcementDeps {
  readonly devices: Devices;
  readonly store: Documents;
  /** As the offering names it. */
  readonly deviceName: string;
  readonly subject: Subject;
  now(): Date;
}

/** Whether the limits of the offering bind. A mount without the options loses that, and no tool says so. */
export interface EnforcementWatch {
  /** Switches enforcement on where a command can, and tells when it began or ended. A line for the log when it did. */
  look(signal: AbortSignal): Promise<string | undefined>;
  /** As the last look found it; undefined before the first, and while the device is not there. */
  isOn(): boolean | undefined;
}

export function createEnforcementWatch({
  devices,
  store,
  deviceName,
  subject,
  now,
}: EnforcementDeps): EnforcementWatch {
  let on: boolean | undefined;
  return {
    isOn: () => on,
    look: async (signal) => {
      const device = await find(devices, deviceName, signal);
      if (device === undefined) {
        on = undefined;
        return undefined;
      }
      const { state, detail } = await enforce(devices, device, subject, signal);
      on = state !== 'off';
      const key = `enforcement/${subject}/${encodeURIComponent(device.name)}`;
      const wasOn = (await store.get(key)) !== 'off';
      if (on === wasOn) return undefined;
      const event = on ? 'device_enforcement_on' : 'device_enforcement_off';
      const at = Math.floor(now().getTime() / 1000);
      // It is about no user's limit: root is who looks after the host.
      const told = { event, subject: 'user', id: 0, name: 'root', device: device.name, at } as const;
      await store.batch([
        on ? { kind: 'delete', key } : { kind: 'put', key, value: 'off' },
        outboxPut({ ...told, detail: { device_name: device.name, limits_of: subject, why: detail } }),
      ]);
      return `limits on ${device.name} are ${on ? 'enforced again' : 'not enforced'}: ${detail}`;
    },
  };
}

/** Where the device is missing, that is another fault, which orders and `agent doctor` tell. */
async function find(devices: Devices, name: string, signal: AbortSignal): Promise<Device | undefined> {
  try {
    return await devices.find(name, signal);
  } catch (error) {
    if (isAgentError(error) && error.code === 'HOST_QUOTA_NO_DEVICE') return undefined;
    throw error;
  }
}

/** What only the operator of the host can repair is "off", with the reason. */
async function enforce(devices: Devices, device: Device, subject: Subject, signal: AbortSignal): Promise<Enforcement> {
  try {
    return await devices.enforce(device, subject, signal);
  } catch (error) {
    if (isAgentError(error) && error.disposition === 'operator') return { state: 'off', detail: error.message };
    throw error;
  }
}
