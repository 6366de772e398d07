import type { Snapshot } from '../engine/types.ts';
import type { Item } from './items.ts';

/** What one user takes, in bytes. */
export interface Parts {
  readonly containers: bigint;
  readonly layers: bigint;
  readonly volumes: bigint;
}

export interface UserUsage extends Parts {
  readonly total: bigint;
  /** What counts when the limit is enforced: without what waits for review. */
  readonly counted: bigint;
  /** Things of the user whose size is unknown: then so is the total. */
  readonly unknown: readonly string[];
}

export interface Usage {
  readonly users: ReadonlyMap<number, UserUsage>;
  /** Of no user that can be told; layers also hold what the engine counts and lists nowhere. */
  readonly unattributed: Parts;
  /** All that the engine holds: users and unattributed together. */
  readonly used: bigint;
}

export function usageOf(items: readonly Item[], { layerBytes, info }: Pick<Snapshot, 'layerBytes' | 'info'>): Usage {
  const users = new Map<number, Mutable>();
  const unattributed = { containers: 0n, layers: 0n, volumes: 0n };
  let layers = 0n;
  for (const { kind, name, bytes, attribution } of items) {
    const part = PARTS[kind];
    const user = attribution.uid === undefined ? undefined : userIn(users, attribution.uid);
    if (bytes === undefined) user?.unknown.push(`${kind} ${name}`);
    const size = bytes ?? 0n;
    if (kind === 'layer') layers += size;
    if (user === undefined) unattributed[part] += size;
    else {
      user[part] += size;
      user.total += size;
      if (attribution.counts) user.counted += size;
    }
  }
  // The graph store says exactly what all layers take; the containerd store counts compressed blobs, too.
  if (info.store === 'graph' && layerBytes !== undefined && layerBytes > layers)
    unattributed.layers += layerBytes - layers;
  let used = sumOf(unattributed);
  for (const { total } of users.values()) used += total;
  return { users, unattributed, used };
}

export function sumOf({ containers, layers, volumes }: Parts): bigint {
  return containers + layers + volumes;
}

/** Room of the device: `total` as configured, else what is sold and what is no user's. */
export function spaceOf(usage: Usage, limitsKib: Iterable<bigint>, reserved: bigint | undefined) {
  let sold = sumOf(usage.unattributed);
  for (const kib of limitsKib) sold += kib * 1024n;
  const total = reserved ?? (sold > 1n ? sold : 1n);
  return { total, used: usage.used, free: total > usage.used ? total - usage.used : 0n };
}

type Mutable = { -readonly [Key in keyof UserUsage]: UserUsage[Key] } & { readonly unknown: string[] };

const PARTS = { container: 'containers', layer: 'layers', volume: 'volumes' } as const;

function userIn(users: Map<number, Mutable>, uid: number): Mutable {
  let user = users.get(uid);
  if (user === undefined) {
    user = { containers: 0n, layers: 0n, volumes: 0n, total: 0n, counted: 0n, unknown: [] };
    users.set(uid, user);
  }
  return user;
}
