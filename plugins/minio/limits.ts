import type { Quota } from '../../src/plugin/contract.ts';
import { badLimit } from './errors.ts';
import type { Settings } from './settings.ts';
import type { BucketState } from './sighting.ts';

/** 0 means "no limit" to the server, so that an account can be limited to one byte at least. */
export const LEAST = 1n;

/** What each bucket gets of the limit of the account. */
export function shares(bytes: bigint | null, count: number, { bucket_quota }: Settings): readonly (bigint | null)[] {
  if (bytes === null || bucket_quota === 'whole') return Array.from({ length: count }, () => bytes);
  const each = bytes / BigInt(count);
  const rest = bytes - each * BigInt(count);
  const parts = Array.from({ length: count }, (_, index) => (index === 0 ? each + rest : each));
  return parts.map((part) => (part < LEAST ? LEAST : part));
}

/** The limit of the account: none unless every bucket has one that is enforced. */
export function limitOf(buckets: readonly BucketState[], { bucket_quota }: Settings): bigint | null {
  const limits = buckets.map(({ quota }) => (quota.enforced ? quota.bytes : null));
  const [first = null] = limits;
  if (first === null || limits.includes(null)) return null;
  if (bucket_quota === 'whole') return limits.every((limit) => limit === first) ? first : null;
  return limits.reduce<bigint>((sum, limit) => sum + (limit ?? 0n), 0n);
}

/** @throws AgentError terminal `MINIO_BAD_LIMIT` for what the server cannot keep */
export function checkLimits({ bytes, objects }: Partial<Quota>): void {
  if (objects !== undefined && objects !== null) throw badLimit('The number of objects cannot be limited.');
  if (bytes === undefined || bytes === null) return;
  if (bytes < LEAST)
    throw badLimit('MinIO reads a limit of 0 as "no limit", so that nothing less than 1 byte can be set.');
}
