import type { BackendComponent, Metering } from '../plugin/contract.ts';

/** What was read of one component, and when. */
export interface Reading {
  readonly quantity: bigint;
  readonly at: Date;
}

/** Bounds of the readings of one component. */
export interface Bounds {
  readonly unit: BackendComponent['unit'];
  readonly metering: Metering;
  /** Bytes that the backend can hold; undefined when that is not known. */
  readonly capacity: bigint | undefined;
  /** The length of the window with `gb_days`, which counts quantity times seconds. */
  readonly seconds: number;
}

/** 2^60 bytes are an exbibyte; counters that went below zero wrap to 2^64. */
const MOST: Readonly<Record<BackendComponent['unit'], bigint>> = { bytes: 2n ** 60n, objects: 10n ** 12n };
/** A second at a terabit per second, and a million new objects. */
const MOST_PER_SECOND: Readonly<Record<BackendComponent['unit'], bigint>> = {
  bytes: 125n * 10n ** 9n,
  objects: 10n ** 6n,
};
/** Two readings in one moment may lie on both sides of a large upload. */
const LEAST_SECONDS = 60n;

/**
 * Why `reading` cannot be true, for a log; undefined when it can. A rise that is too steep becomes possible again as
 * time passes since the last reading that was believed.
 */
export function implausible(
  { unit, metering, capacity, seconds }: Bounds,
  { quantity, at }: Reading,
  before: Reading | undefined,
): string | undefined {
  if (quantity < 0n) return 'it is negative';
  const factor = metering === 'gb_days' ? BigInt(Math.max(1, Math.ceil(seconds))) : 1n;
  if (quantity > MOST[unit] * factor) return 'it is more than any account can hold';
  if (unit === 'bytes' && capacity !== undefined && quantity > capacity * factor) {
    return 'it is more than the backend can hold (backend_capacity_gb)';
  }
  if (metering !== 'current' || before === undefined) return undefined;
  const elapsed = BigInt(Math.max(0, Math.ceil((at.getTime() - before.at.getTime()) / 1000)));
  const room = MOST_PER_SECOND[unit] * (elapsed > LEAST_SECONDS ? elapsed : LEAST_SECONDS);
  return quantity - before.quantity > room ? 'it rose faster than any network can fill it' : undefined;
}
