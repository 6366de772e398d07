import type { Point } from '../store/store.ts';

/** What one component of an account came to in a window of time. */
export interface Accrued {
  /** Quantity times seconds, exact. */
  readonly integral: bigint;
  /** The most that was held at any time. */
  readonly peak: bigint;
}

/** A span of time in whole seconds since 1970, without its end. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Integrates samples as a step function over `span`:
 * - A sample holds until the next one, but for `holdS` seconds at most.
 * - A longer gap counts, from there on, as the smaller of the samples at its two ends: what both prove.
 * - What is before the first sample and beyond the hold of the last one counts nothing.
 * So a later sample never makes the past smaller than what was counted before it came.
 *
 * @param points oldest first, each second once; some may lie outside the span
 * @returns undefined when no sample reaches into the span
 */
export function accrue(points: readonly Point[], { from, to }: Span, holdS: number): Accrued | undefined {
  const sum = createSum();
  let peak: number | bigint | undefined;
  for (let i = 0; i < points.length; i++) {
    const point = points[i] as Point;
    if (point.at >= to) break;
    const next = points[i + 1];
    const end = Math.min(next?.at ?? Number.POSITIVE_INFINITY, point.at + holdS);
    const held = overlap(point.at, end, from, to);
    if (held > 0) {
      sum.add(point.quantity, held);
      if (peak === undefined || point.quantity > peak) peak = point.quantity;
    }
    if (next === undefined || next.at <= end) continue;
    const gap = overlap(end, next.at, from, to);
    if (gap === 0) continue;
    const least = smaller(point.quantity, next.quantity);
    sum.add(least, gap);
    if (peak === undefined || least > peak) peak = least;
  }
  return peak === undefined ? undefined : { integral: sum.total(), peak: BigInt(peak) };
}

function overlap(start: number, end: number, from: number, to: number): number {
  return Math.max(0, Math.min(end, to) - Math.max(start, from));
}

/** Math.min takes no bigint. */
function smaller(a: number | bigint, b: number | bigint): number | bigint {
  if (a < b) return a;
  return b;
}

const HALF = 2 ** 26;

/**
 * An exact sum of products. Numbers are added in two halves of 26 bits, which stay exact for two years of seconds; bigints
 * of a thousand samples in each of ten thousand accounts would take seconds.
 */
function createSum(): { add(quantity: number | bigint, seconds: number): void; total(): bigint } {
  let high = 0;
  let low = 0;
  let large = 0n;
  return {
    add: (quantity, seconds) => {
      if (typeof quantity === 'bigint') {
        large += quantity * BigInt(seconds);
        return;
      }
      const upper = Math.floor(quantity / HALF);
      high += upper * seconds;
      low += (quantity - upper * HALF) * seconds;
    },
    total: () => BigInt(high) * BigInt(HALF) + BigInt(low) + large,
  };
}
