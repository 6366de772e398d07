import type { Clock } from '../../src/lib/clock.ts';
import type { Admin } from './madmin/admin.ts';
import type { DataUsage } from './madmin/usage.ts';

/** The count of all buckets, which several looks may share: the server counts anew every minute at most. */
export interface UsageReader {
  read(signal: AbortSignal): Promise<DataUsage>;
}

const FRESH_MS = 5_000;

export function createUsageReader(admin: Pick<Admin, 'usage'>, clock: Clock): UsageReader {
  let kept: { readonly atMs: number; readonly value: DataUsage } | undefined;
  return {
    read: async (signal) => {
      const atMs = clock.monotonicMs();
      if (kept !== undefined && atMs - kept.atMs < FRESH_MS) return kept.value;
      const value = await admin.usage(signal);
      kept = { atMs, value };
      return value;
    },
  };
}
