/** Repeatable randomness: the same seed gives the same faults, delays and UUIDs. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  next(): number;
  between(low: number, high: number): number;
  /** 32 hex digits with the version and variant bits of a random UUID. */
  uuid(): string;
}

/** mulberry32: small, fast, good enough for test data. */
export function createRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const integer = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => integer() / 4_294_967_296;
  const hex8 = (): string => integer().toString(16).padStart(8, '0');
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    uuid: () => {
      const tail = hex8();
      const variant = '89ab'[Math.floor(next() * 4)] ?? '8';
      return `${hex8()}${hex8().slice(0, 4)}4${hex8().slice(0, 3)}${variant}${tail.slice(0, 3)}${hex8()}${tail.slice(4)}`;
    },
  };
}
