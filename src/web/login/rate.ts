import type { Clock } from '../../lib/clock.ts';

/** How often something may be asked for. */
export interface Rate {
  /** Counts an attempt; false when there were too many in the last minute. */
  take(who: string): boolean;
}

const MINUTE_MS = 60_000;
/** Addresses that are remembered at once. */
const MOST = 10_000;

/** @param limits attempts in a minute: of one address, and of all together */
export function createRate(
  clock: Pick<Clock, 'monotonicMs'>,
  limits: { readonly each: number; readonly all: number },
): Rate {
  let sinceMs = clock.monotonicMs();
  let all = 0;
  let counts = new Map<string, number>();
  return {
    take: (who) => {
      const now = clock.monotonicMs();
      if (now - sinceMs >= MINUTE_MS) {
        sinceMs = now;
        all = 0;
        counts = new Map();
      }
      const count = counts.get(who) ?? 0;
      if (count >= limits.each || all >= limits.all || (count === 0 && counts.size >= MOST)) return false;
      counts.set(who, count + 1);
      all++;
      return true;
    },
  };
}
