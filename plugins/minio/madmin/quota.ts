import type { Json } from '../../../src/lib/json.ts';
import { readInteger, readObject } from '../decode.ts';

/** The quota of a bucket as the server keeps it. */
export interface BucketQuota {
  /** Bytes; null when there is none. */
  readonly bytes: bigint | null;
  /** Whether writes are refused because of it; only quotas of the type `hard` are enforced. */
  readonly enforced: boolean;
}

/** 0 means "no limit". `quota` is the older name of `size`; releases differ in which of them they read. */
export function quotaBody(bytes: bigint | null): string {
  const size = String(bytes ?? 0n);
  const type = bytes === null ? '' : 'hard';
  // By hand: a number beyond 2^53 would lose digits.
  return `{"quota":${size},"size":${size},"rate":0,"requests":0,"quotatype":"${type}"}`;
}

export function readQuota(value: Json | undefined): BucketQuota {
  const { quota, size, quotatype } = readObject(value);
  const bytes = readInteger(size) || readInteger(quota) || 0n;
  return { bytes: bytes === 0n ? null : bytes, enforced: bytes > 0n && quotatype === 'hard' };
}

export function isKept(quota: BucketQuota, bytes: bigint | null): boolean {
  return quota.bytes === bytes && (bytes === null || quota.enforced);
}
