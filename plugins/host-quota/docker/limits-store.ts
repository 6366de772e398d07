import type { Documents } from '../../../src/plugin/contract.ts';
import type { Change } from '../devices/types.ts';
import { documentsIn } from './known-store.ts';

const PREFIX = 'docker/limit/';

/** Hard limits in KiB by uid: no kernel keeps them. Without those that are 0. */
export async function readLimits(store: Documents): Promise<ReadonlyMap<number, bigint>> {
  const limits = new Map<number, bigint>();
  for (const { key, value } of await documentsIn(store, PREFIX)) {
    const { kib } = value;
    if (typeof kib === 'number' && kib > 0) limits.set(Number(key.slice(PREFIX.length)), BigInt(kib));
  }
  return limits;
}

export async function writeLimits(store: Documents, changes: readonly Change[]): Promise<void> {
  await store.batch(
    changes.map(({ id, limits: { blockHard } }) =>
      blockHard === 0n
        ? { kind: 'delete', key: PREFIX + id }
        : { kind: 'put', key: PREFIX + id, value: { kib: Number(blockHard) } },
    ),
  );
}
