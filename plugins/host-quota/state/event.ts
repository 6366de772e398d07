import type { JsonObject } from '../../../src/lib/json.ts';
import type { Subject } from '../devices/types.ts';
import type { DiskEvent } from './machine.ts';

/** What is told about one id. Limits in KiB and inodes, usage in bytes, times in epoch seconds. */
export interface QuotaEvent {
  readonly event: DiskEvent;
  readonly subject: Subject;
  readonly id: number;
  readonly name: string;
  readonly device: string;
  readonly at: number;
  readonly detail: JsonObject;
}
