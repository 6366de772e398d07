import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { readInteger, readObject, readObjects, readText } from '../decode.ts';
import { type BucketQuota, readQuota } from './quota.ts';

/** What a bucket holds, as the scanner of the server last counted it. */
export interface BucketUsage {
  /** Bytes of all versions. Parts of unfinished uploads are not in it. */
  readonly bytes: bigint;
  /** Keys; those whose newest version is a delete marker count too. */
  readonly objects: bigint;
  readonly versions: bigint;
  readonly deleteMarkers: bigint;
}

export interface DataUsage {
  /** Undefined before the first scan. */
  readonly scannedAt: Date | undefined;
  /** A bucket that was not scanned yet is missing. */
  readonly buckets: ReadonlyMap<string, BucketUsage>;
}

/** What one listing says of every bucket. */
export interface BucketFacts {
  readonly name: string;
  readonly quota: BucketQuota;
  readonly versioned: boolean;
  readonly locking: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export function readUsage(value: Json | undefined): DataUsage {
  const { lastUpdate, bucketsUsageInfo } = readObject(value);
  const time = Date.parse(readText(lastUpdate));
  // Never scanned is the year 1.
  if (!(time > 0)) return { scannedAt: undefined, buckets: new Map() };
  const buckets = Object.entries(readObject(bucketsUsageInfo)).flatMap(([name, info]) => {
    const usage = readBucketUsage(readObject(info));
    return usage === undefined ? [] : [[name, usage] as const];
  });
  return { scannedAt: new Date(time), buckets: new Map(buckets) };
}

function readBucketUsage(info: JsonObject): BucketUsage | undefined {
  const [bytes, objects] = [readInteger(info['size']), readInteger(info['objectsCount'])];
  if (bytes === undefined || objects === undefined) return undefined;
  const versions = readInteger(info['versionsCount']) ?? 0n;
  return { bytes, objects, versions, deleteMarkers: readInteger(info['deleteMarkersCount']) ?? 0n };
}

export function readBuckets(value: Json | undefined): readonly BucketFacts[] {
  return readObjects(readObject(value)['Buckets']).map((bucket) => {
    const details = readObject(bucket['details']);
    return {
      name: readText(bucket['name']),
      quota: readQuota(details['quota']),
      versioned: details['versioning'] === true,
      locking: details['locking'] === true,
      tags: readTags(details['tags']),
    };
  });
}

function readTags(value: Json | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(readObject(value)).map(([key, text]) => [key, readText(text)]));
}
