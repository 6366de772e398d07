import type { Quota } from '../../../src/plugin/contract.ts';
import { keptAs, sameLimits } from '../devices/limits.ts';
import { type Device, type Limits, NO_LIMITS, type QuotaRow } from '../devices/types.ts';

const KIB = 1024n;

/**
 * What is written for a quota: KiB rounded up, 0 for "no limit". "Nothing allowed" is the smallest limit there is, because 0
 * means the opposite to the kernel. `softRatio` between 0 and 1.
 */
export function limitsFor({ bytes, objects }: Quota, softRatio: number): Limits {
  const blockHard = hardFor(bytes === null ? null : (bytes + KIB - 1n) / KIB);
  const inodeHard = hardFor(objects);
  return { blockHard, blockSoft: softFor(blockHard, softRatio), inodeHard, inodeSoft: softFor(inodeHard, softRatio) };
}

/** No growth: what is used now, and at least the smallest limit there is. */
export function frozenAt({ usedBytes, usedInodes }: QuotaRow, { hasInodes }: Device): Limits {
  const blockHard = atLeastOne((usedBytes + KIB - 1n) / KIB);
  const inodeHard = hasInodes ? atLeastOne(usedInodes) : 0n;
  return { blockHard, blockSoft: blockHard, inodeHard, inodeSoft: inodeHard };
}

/** What the limits on the file system grant; `wanted` where they are what it made of that. */
export function quotaOf(row: Limits, wanted: Quota, softRatio: number, device: Device): Quota {
  const kept = keptAs(limitsFor(wanted, softRatio), device);
  return {
    bytes: sameSpace(row, kept)
      ? wanted.bytes
      : granted(other(row.blockHard, row.blockSoft, kept.blockHard), device.stepKib, KIB),
    objects:
      sameInodes(row, kept) || !device.hasInodes
        ? wanted.objects
        : granted(other(row.inodeHard, row.inodeSoft, kept.inodeHard), 1n, 1n),
  };
}

export function isFrozen(row: Limits, frozen: Limits | undefined, device: Device): boolean {
  return frozen !== undefined && sameLimits(row, keptAs(frozen, device));
}

export const CLEARED = NO_LIMITS;

function hardFor(value: bigint | null): bigint {
  return value === null ? 0n : atLeastOne(value);
}

function softFor(hard: bigint, ratio: number): bigint {
  if (hard === 0n) return 0n;
  return atLeastOne((hard * BigInt(Math.round(ratio * 10_000))) / 10_000n);
}

function atLeastOne(value: bigint): bigint {
  return value > 0n ? value : 1n;
}

/** Where only the soft limit is another one, that is what is granted in the long run. */
function other(hard: bigint, soft: bigint, keptHard: bigint): bigint {
  return hard === keptHard ? soft : hard;
}

function granted(hard: bigint, smallest: bigint, unit: bigint): bigint | null {
  if (hard === 0n) return null;
  return hard <= smallest ? 0n : hard * unit;
}

function sameSpace(a: Limits, b: Limits): boolean {
  return a.blockHard === b.blockHard && a.blockSoft === b.blockSoft;
}

function sameInodes(a: Limits, b: Limits): boolean {
  return a.inodeHard === b.inodeHard && a.inodeSoft === b.inodeSoft;
}
