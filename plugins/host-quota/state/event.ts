import type { JsonObject } from '../../../src/lib/json.ts';
import type { Subject } from '../devices/types.ts';
import type { DiskEvent } from './machine.ts';

/** What is told about limits of Docker. */
export type DockerEvent =
  | 'docker_quota_exceeded'
  | 'docker_quota_unresolvable'
  | 'docker_container_stopped'
  | 'docker_container_removed';

/** About a device: told to root, because it is about no user's limit. */
export type DeviceEvent = 'device_enforcement_off' | 'device_enforcement_on';

/** What is told about one id. Limits in KiB and inodes, usage in bytes, times in epoch seconds. */
export interface QuotaEvent {
  readonly event: DiskEvent | DeviceEvent | DockerEvent;
  readonly subject: Subject;
  readonly id: number;
  readonly name: string;
  readonly device: string;
  /** The other host that told it; undefined for this one. */
  readonly host?: string;
  readonly at: number;
  readonly detail: JsonObject;
}
