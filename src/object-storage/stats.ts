import { formatBytes } from '../lib/units.ts';
import type { Opened } from './deps.ts';
import { listObjects } from './listing.ts';

export interface BucketStats {
  readonly bucket: string;
  readonly total_objects: number;
  /** Bytes. */
  readonly total_size: number;
  readonly total_size_formatted: string;
  readonly oldest: StatsObject | null;
  readonly newest: StatsObject | null;
}

export interface StatsObject {
  readonly key: string;
  readonly last_modified: string;
}

/** Counts what a bucket holds. */
export async function bucketStats(opened: Opened, bucket: string, signal: AbortSignal): Promise<BucketStats> {
  let [count, size] = [0, 0];
  let oldest: { key: string; lastModified: Date } | undefined;
  let newest = oldest;
  for await (const object of listObjects(opened, bucket, '', signal)) {
    count++;
    size += object.size;
    if (oldest === undefined || object.lastModified < oldest.lastModified) oldest = object;
    if (newest === undefined || object.lastModified > newest.lastModified) newest = object;
  }
  return {
    bucket,
    total_objects: count,
    total_size: size,
    total_size_formatted: formatBytes(BigInt(size)),
    oldest: shown(oldest),
    newest: shown(newest),
  };
}

function shown(object: { readonly key: string; readonly lastModified: Date } | undefined): StatsObject | null {
  return object === undefined ? null : { key: object.key, last_modified: object.lastModified.toISOString() };
}
