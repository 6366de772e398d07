import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { AuditRecord } from './audit.ts';
import type { Agents, Sdk } from './sdk.ts';
import type { ObjectStorageSettings } from './settings.ts';

/** Multipart uploads that were begun. Some servers do not list them all, so whoever begins one remembers it. */
export interface UploadRegistry {
  remember(upload: RememberedUpload): Promise<void>;
  forget(upload: Pick<RememberedUpload, 'bucket' | 'uploadId'>): Promise<void>;
  list(): AsyncIterable<RememberedUpload>;
}

export interface RememberedUpload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: Date;
}

/** What the object storage needs from whoever opens it. */
export interface StorageDeps {
  readonly clock: Clock;
  readonly log?: Log;
  /** Connection pools, with proxy and CA. Default: pools of its own, without either. */
  readonly agents?: Agents;
  readonly uploads?: UploadRegistry;
  /** Takes audit records; without one they go to the log. */
  audit?(record: AuditRecord): Promise<void>;
}

/** What the parts of the object storage share. */
export interface Opened extends Pick<StorageDeps, 'clock' | 'log' | 'uploads'> {
  readonly settings: ObjectStorageSettings;
  /** The SDK, loaded at the first use. */
  sdk(): Promise<Sdk>;
  audit(record: Omit<AuditRecord, 'timestamp'>): Promise<void>;
}
