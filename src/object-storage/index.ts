/** Object storage of the integrations; `waldur-storage-agent/object-storage` for programs that use it. */

export type { AuditRecord } from './audit.ts';
export type { UploadBody } from './body.ts';
export type { RememberedUpload, StorageDeps, UploadRegistry } from './deps.ts';
export * from './errors.ts';
export type { BucketResult, InitializeOptions } from './initialize.ts';
export type { Folder } from './keys.ts';
export type { Metadata } from './metadata.ts';
export { createObjectStorage, type Download, type ObjectStorage, type StoredObject } from './object-storage.ts';
export { whyRefused } from './presign.ts';
export type { CleanedObject, CleanupOptions, CleanupReport } from './retention.ts';
export type { Agents } from './sdk.ts';
export { fromEnvironment, type ObjectStorageSettings, readSettings } from './settings.ts';
export type { BucketStats } from './stats.ts';
