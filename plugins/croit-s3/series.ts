import type { Window } from '../../src/plugin/contract.ts';

/** One sample: `bytes` is undefined where nothing was recorded. */
export interface Point {
  readonly atMs: number;
  readonly bytes: bigint | undefined;
}

/** An exbibyte. A counter of the gateway that went below zero wraps to 2^64: such a sample is none. */
const MOST_BYTES = 2n ** 60n;

/** Of croit's own recording; only used when the series does not show its own. */
const STEP_MS = 180_000;

/**
 * Byte seconds in `window` as a step function: a sample holds until the next one, a gap carries the previous value, and
 * what was before the first sample is not known and counts nothing. The last sample holds for one more step at most.
 * Undefined when the series proves nothing: fewer than two samples, or none with a value.
 */
export function byteSeconds(points: readonly Point[], { from, to }: Window): bigint | undefined {
  const sorted = [...points].sort((a, b) => a.atMs - b.atMs);
  const [last, previous] = [sorted.at(-1), sorted.findLast(({ atMs }) => atMs !== sorted.at(-1)?.atMs)];
  if (last === undefined || previous === undefined) return undefined;
  const step = Math.min(last.atMs - previous.atMs, longestStep(sorted));
  let total = 0n;
  let known = false;
  let bytes: bigint | undefined;
  for (const [index, point] of sorted.entries()) {
    bytes = isPossible(point.bytes) ? point.bytes : bytes;
    if (bytes === undefined) continue;
    const next = sorted[index + 1]?.atMs ?? point.atMs + step;
    const ms = Math.min(next, to.getTime()) - Math.max(point.atMs, from.getTime());
    if (ms <= 0) continue;
    known = true;
    total += bytes * BigInt(ms);
  }
  return known ? total / 1000n : undefined;
}

function isPossible(bytes: bigint | undefined): bytes is bigint {
  return bytes !== undefined && bytes >= 0n && bytes <= MOST_BYTES;
}

/** Down-sampled series have wider steps than recorded ones; a gap of hours is no step. */
function longestStep(sorted: readonly Point[]): number {
  const gaps = sorted.slice(1).map(({ atMs }, index) => atMs - (sorted[index]?.atMs ?? atMs));
  const wide = gaps.filter((ms) => ms > 0).sort((a, b) => a - b);
  return Math.max(STEP_MS, wide[Math.floor((wide.length - 1) / 2)] ?? 0);
}
