import { join } from 'node:path';
import type { Deps } from './deps.ts';
import { QUOTA_FILE } from './layout.ts';
import { look } from './look.ts';
import { writeQuota } from './quota/save.ts';
import { type ScanResult, scan } from './quota/scan.ts';
import { writeStamp } from './stamp.ts';

export interface NewBucket {
  readonly account: string;
  /** Null is "no limit"; undefined the default of the settings. */
  readonly maxBytes?: bigint | null | undefined;
  /** The stamp; without one the bucket has no owner. */
  readonly resource?: string;
}

/** Complete or not there: a directory without a stamp would be taken for another party's after a crash. */
export async function createBucketDirectory(deps: Deps, bucket: NewBucket, signal: AbortSignal): Promise<void> {
  const { disk, layout, clock, settings } = deps;
  const { account, resource, maxBytes = BigInt(settings.bucket_quota_bytes) } = bucket;
  const stage = layout.stage(account);
  await forget(deps, account);
  await disk.removeTree(stage, signal);
  await disk.makeDirectory(stage, 0o777);
  if (resource !== undefined) await writeStamp(disk, stage, resource);
  await writeQuota(disk, join(stage, QUOTA_FILE), { maxBytes, usedBytes: 0n, objects: 0n, updated: clock.now() });
  await disk.rename(stage, layout.bucket(account));
}

/** Takes the bucket away, whatever is in it. Its files go in the background. */
export async function discardBucketDirectory(deps: Deps, account: string): Promise<void> {
  await forget(deps, account);
  await deps.trash.discard(deps.layout.bucket(account));
  // What a request that was under way brought back.
  await forget(deps, account);
}

/** Removes a bucket that is empty; returns false when it is not. */
export async function removeBucketDirectory(deps: Deps, account: string, signal: AbortSignal): Promise<boolean> {
  return deps.objects.close(account, async () => {
    if ((await bucketContents(deps, account, signal)).objects > 0n) return false;
    await discardBucketDirectory(deps, account);
    return true;
  });
}

/** Old versions are data as well, although they are hidden and do not count as objects. */
export async function bucketContents(deps: Deps, account: string, signal: AbortSignal): Promise<ScanResult> {
  const { disk, clock, layout } = deps;
  const directory = layout.bucket(account);
  const current = await scan(directory, clock, signal);
  const versions = join(directory, '.versions');
  if ((await disk.kind(versions)) !== 'directory') return current;
  const old = await scan(versions, clock, signal);
  return { objects: current.objects + old.objects, bytes: current.bytes + old.bytes };
}

/** Does it belong to a resource, or may it? */
export async function isMarketplaceBucket(deps: Deps, account: string): Promise<boolean> {
  const { owner, record } = await look(deps, account);
  return owner !== undefined || record !== undefined;
}

async function forget({ quotas, statistics }: Deps, account: string): Promise<void> {
  await Promise.all([quotas.forget(account), statistics.forget(account)]);
}
