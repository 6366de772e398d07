import type { Deps } from './deps.ts';
import { quotaNotKept } from './errors.ts';
import { shares } from './limits.ts';
import { isKept } from './madmin/quota.ts';

/** Gives the buckets their parts of the limit, read back. Returns whether one of them had another. */
export async function limit(
  deps: Deps,
  buckets: readonly string[],
  bytes: bigint | null,
  signal: AbortSignal,
  isNew = false,
): Promise<boolean> {
  const { admin } = deps.client;
  const parts = shares(bytes, buckets.length, deps.settings);
  let changed = false;
  for (const [index, bucket] of buckets.entries()) {
    const part = parts[index] ?? null;
    if (isNew && part === null) continue;
    if (!isNew && isKept(await admin.quota(bucket, signal), part)) continue;
    await admin.setQuota(bucket, part, signal);
    if (!isKept(await admin.quota(bucket, signal), part)) throw quotaNotKept(bucket);
    changed = true;
  }
  return changed;
}
