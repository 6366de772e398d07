import { badLimit } from '../errors.ts';
import type { Device, Limits, QuotaRow } from './types.ts';

/** 8 EiB in blocks of 1 KiB; quota formats of the kernel end there. */
const LARGEST = 2n ** 53n;

/** @throws AgentError terminal `HOST_QUOTA_BAD_LIMIT`, before any command: XFS ignores some of these with success. */
export function checkLimits(limits: Limits): void {
  for (const value of Object.values(limits) as bigint[]) {
    if (value < 0n || value >= LARGEST) throw badLimit(`${value} is out of range`);
  }
  const { blockSoft, blockHard, inodeSoft, inodeHard } = limits;
  if (blockHard > 0n && blockSoft > blockHard) throw badLimit('the soft limit of space is above the hard one');
  if (inodeHard > 0n && inodeSoft > inodeHard) throw badLimit('the soft limit of inodes is above the hard one');
}

/** What the file system makes of limits: rounded up to its blocks, soft as hard where it has no soft limit. */
export function keptAs(limits: Limits, { stepKib, hasSoft, hasInodes }: Device): Limits {
  const blockHard = roundUp(limits.blockHard, stepKib);
  const inodeHard = hasInodes ? limits.inodeHard : 0n;
  return {
    blockHard,
    blockSoft: hasSoft ? roundUp(limits.blockSoft, stepKib) : blockHard,
    inodeHard,
    inodeSoft: hasSoft ? limits.inodeSoft : inodeHard,
  };
}

export function sameLimits(a: Limits, b: Limits): boolean {
  return KEYS.every((key) => a[key] === b[key]);
}

export function limitsOf({ blockSoft, blockHard, inodeSoft, inodeHard }: Limits): Limits {
  return { blockSoft, blockHard, inodeSoft, inodeHard };
}

/** A soft limit that is not mentioned goes down with the hard one. */
export function mergeLimits(old: Limits, change: Partial<Limits>): Limits {
  const merged = { ...old, ...change };
  const lower = (soft: bigint, hard: bigint): bigint => (hard > 0n && soft > hard ? hard : soft);
  return {
    ...merged,
    blockSoft: change.blockSoft ?? lower(merged.blockSoft, merged.blockHard),
    inodeSoft: change.inodeSoft ?? lower(merged.inodeSoft, merged.inodeHard),
  };
}

export function hasLimit(limits: Limits): boolean {
  return KEYS.some((key) => limits[key] > 0n);
}

export function emptyRow(id: number): QuotaRow {
  const none = { blockSoft: 0n, blockHard: 0n, inodeSoft: 0n, inodeHard: 0n };
  return { id, ...none, usedBytes: 0n, usedInodes: 0n, blockGrace: 0, inodeGrace: 0 };
}

const KEYS = ['blockSoft', 'blockHard', 'inodeSoft', 'inodeHard'] as const;

function roundUp(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}
