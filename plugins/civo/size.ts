import type { LimitRules } from '../../src/plugin/contract.ts';

export const GB = 1_000_000_000n;
/** Sizes are sold in steps. */
export const STEP_GB = 500;

const STEP = BigInt(STEP_GB) * GB;

/** A store has a size of at least one step: neither "no limit" nor "nothing". */
export const SIZE_RULES: LimitRules = { step: STEP, min: STEP, unlimited: false, zero: false };

/** Gigabytes for so many bytes, rounded up to a whole step. */
export function sizeFor(bytes: bigint): number {
  return Number((bytes + STEP - 1n) / STEP) * STEP_GB;
}

export function bytesOf(sizeGb: number): bigint {
  return BigInt(sizeGb) * GB;
}
