import type { QuotaRow } from '../types.ts';
import type { UserSpace } from './parse.ts';

/** Bytes for the property; 1 KiB means "nothing allowed", for which ZFS takes the smallest limit that is one. */
export function limitOf(blocks: bigint): string {
  if (blocks === 0n) return 'none';
  return blocks === 1n ? '1' : String(blocks * 1024n);
}

export function toRow({ id, used, quota, usedObjects, objectQuota }: UserSpace): QuotaRow {
  const blocks = kib(quota);
  return {
    id,
    usedBytes: used,
    usedInodes: usedObjects,
    blockSoft: blocks,
    blockHard: blocks,
    inodeSoft: objectQuota,
    inodeHard: objectQuota,
    blockGrace: 0,
    inodeGrace: 0,
  };
}

/** Rounded up. */
function kib(bytes: bigint): bigint {
  return (bytes + 1023n) / 1024n;
}
