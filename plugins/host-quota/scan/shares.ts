import type { Owned } from './walk.ts';

/** What one user has of an account. */
export interface Share {
  readonly bytes: bigint;
  readonly files: bigint;
}

/** Of each user, by uid. */
export type Shares = ReadonlyMap<number, Share>;

/** Adds up by a first key, such as the group, and then by uid. Keys outside `wanted` are left out. */
export function createTally(wanted: ReadonlySet<number>): {
  add(key: number, owned: Owned): void;
  of(key: number): Shares;
} {
  const all = new Map<number, Map<number, Share>>();
  return {
    add: (key, { uid, bytes }) => {
      if (!wanted.has(key)) return;
      const shares = all.get(key) ?? new Map<number, Share>();
      const before = shares.get(uid) ?? { bytes: 0n, files: 0n };
      shares.set(uid, { bytes: before.bytes + bytes, files: before.files + 1n });
      all.set(key, shares);
    },
    of: (key) => all.get(key) ?? new Map(),
  };
}
