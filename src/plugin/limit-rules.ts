/**
 * What limits a backend can keep, in base units. Nothing said means: any whole number, "no limit" and "nothing allowed".
 */
export interface LimitRules {
  /** Limits are multiples of it. What was ordered is rounded up. */
  readonly step?: bigint;
  /** The least it can keep. Less is raised to it. */
  readonly min?: bigint;
  /** The most it can keep. More cannot be ordered. */
  readonly max?: bigint;
  /** Whether it can have no limit. Default true. */
  readonly unlimited?: boolean;
  /** Whether it can allow nothing. Default true. */
  readonly zero?: boolean;
}

/** Beyond it backends store "no limit", or something else than was asked for. */
export const LARGEST_LIMIT = 2n ** 62n;

/**
 * The limit that the backend keeps for one that was asked for: rounded up to its step and minimum. Undefined when it can
 * keep none that grants as much, or when "no limit" or "nothing" is asked of a backend that cannot.
 */
export function keptLimit(asked: bigint | null, rules: LimitRules): bigint | null | undefined {
  const { step = 1n, min = 0n, max = LARGEST_LIMIT, unlimited = true, zero = true } = rules;
  if (asked === null) return unlimited ? null : undefined;
  if (asked < 0n) return undefined;
  if (asked === 0n) return zero ? 0n : undefined;
  const least = asked < min ? min : asked;
  const kept = ((least + step - 1n) / step) * step;
  return kept > max ? undefined : kept;
}
