import type { Quota } from '../../src/plugin/contract.ts';

/** The total of a user, and the ceiling of each of its buckets. */
export type Scope = 'user' | 'bucket';
export const SCOPES: readonly Scope[] = ['user', 'bucket'];

/** As the gateway stores it: a negative number is no limit, 0 allows nothing, and neither counts unless enabled. */
export interface ScopeQuota {
  readonly enabled: boolean;
  readonly maxSize: bigint;
  readonly maxObjects: bigint;
}

/** A dimension that is missing stays as it is. */
export interface QuotaChange {
  readonly enabled: boolean;
  readonly maxSize?: bigint;
  readonly maxObjects?: bigint;
}

export type Scopes = Readonly<Record<Scope, ScopeQuota>>;

/** What a scope lets its owner do. */
export function effective({ enabled, maxSize, maxObjects }: ScopeQuota): Quota {
  const read = (value: bigint): bigint | null => (!enabled || value < 0n ? null : value);
  return { bytes: read(maxSize), objects: read(maxObjects) };
}

/** The limit of the account: where the two scopes disagree nothing is sure to hold, so there is none. */
export function agreed(scopes: Scopes): Quota {
  const [user, bucket] = [effective(scopes.user), effective(scopes.bucket)];
  return {
    bytes: user.bytes === bucket.bytes ? user.bytes : null,
    objects: user.objects === bucket.objects ? user.objects : null,
  };
}

/** The dimensions in which `to` differs from `from`: the others were not asked for and are left alone. */
export function requested(from: Quota, to: Quota): Partial<Quota> {
  return {
    ...(from.bytes !== to.bytes && { bytes: to.bytes }),
    ...(from.objects !== to.objects && { objects: to.objects }),
  };
}

/** Whether the scope is as wanted. */
export function holds(scope: ScopeQuota, wanted: Partial<Quota>): boolean {
  const { bytes, objects } = { ...effective(scope), ...wanted };
  const now = effective(scope);
  return now.bytes === bytes && now.objects === objects;
}

/** What to write so that `holds` becomes true and every other dimension keeps its effect. */
export function changeOf(scope: ScopeQuota, wanted: Partial<Quota>): QuotaChange {
  const { bytes, objects } = { ...effective(scope), ...wanted };
  // Complete, so that it comes to the same whether the backend merges or replaces; -1 only over a value that is there.
  const write = (value: bigint | null, stored: bigint): bigint | undefined => value ?? (stored < 0n ? undefined : -1n);
  const [maxSize, maxObjects] = [write(bytes, scope.maxSize), write(objects, scope.maxObjects)];
  return {
    enabled: bytes !== null || objects !== null,
    ...(maxSize !== undefined && { maxSize }),
    ...(maxObjects !== undefined && { maxObjects }),
  };
}

/** Nothing may be stored. */
export const NOTHING: QuotaChange = { enabled: true, maxSize: 0n, maxObjects: 0n };
