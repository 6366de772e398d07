import type { JsonObject } from '../../../src/lib/json.ts';
import type { Subject } from '../devices/types.ts';
import type { DiskEvent } from './machine.ts';

/** About a device: told to root, because it is nobody's limit. */
export type DeviceEvent = 'device_enforcement_off' | 'device_enforcement_on';

/** What is told about one id. Limits in KiB and inodes, usage in bytes, times in epoch seconds. */
export interface QuotaEvent {
  readonly event: DiskEvent | DeviceEvent;
  readonly subject: Subject;
  readonly id: number;
  readonly name: string;
  readonly device: string;
  readonly at: number;
  readonly detail: JsonObject;
}
