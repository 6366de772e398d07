import { createHash } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';

/** Requests of one token, spread over time. */
export interface TokenBucket {
  /** Resolves when the next request may go out, with what to call when it was answered. @throws the signal's reason */
  take(signal: AbortSignal): Promise<() => void>;
  /** No request goes out before so many milliseconds have passed. */
  pause(ms: number): void;
}

/** How many requests may go out at once after a silence: any second sees at most `perSecond` and these. */
const BURST = 2;

const WINDOW_MS = 1000;
const FLOOR_MS = 5;

export function createTokenBucket(clock: Clock, perSecond: number): TokenBucket {
  const intervalMs = 1000 / perSecond;
  const most = Math.ceil(perSecond) + BURST;
  let nextMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** A pause ends the reservations that were made before it. */
  let era = 0;
  /** When the last ones were answered, at most `most` of them; infinite for those that are on their way. */
  const recent: { answeredMs: number }[] = [];

  async function turn(signal: AbortSignal): Promise<void> {
    for (let reserved = era - 1; reserved !== era; ) {
      signal.throwIfAborted();
      reserved = era;
      const now = clock.monotonicMs();
      const at = Math.max(nextMs, now - (BURST - 1) * intervalMs);
      nextMs = at + intervalMs;
      if (at > now) await clock.sleep(at - now, signal);
    }
  }

  /**
   * A process that stood still wakes all who waited at the same time, and a network delivers late what went out early. What
   * was answered more than a second ago arrived before that, so this holds at the other end, too.
   */
  function tooSoonMs(): number {
    const first = Math.min(...recent.map(({ answeredMs }) => answeredMs));
    if (recent.length < most) return 0;
    // Of those on their way it is not known when; the next answer of any of them will do as well.
    return first === Number.POSITIVE_INFINITY ? FLOOR_MS : first + WINDOW_MS - clock.monotonicMs();
  }

  return {
    take: async (signal) => {
      await turn(signal);
      for (let wait = tooSoonMs(); wait > 0; wait = tooSoonMs()) await clock.sleep(wait, signal);
      const mine = { answeredMs: Number.POSITIVE_INFINITY };
      if (intervalMs === 0) return () => undefined;
      if (recent.length >= most) recent.splice(recent.findIndex(isOldest(recent)), 1);
      recent.push(mine);
      return () => {
        mine.answeredMs = clock.monotonicMs();
      };
    },
    pause: (ms) => {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + ms);
      nextMs = pausedUntilMs;
      era++;
    },
  };
}

function isOldest(
  recent: readonly { readonly answeredMs: number }[],
): (one: { readonly answeredMs: number }) => boolean {
  const first = Math.min(...recent.map(({ answeredMs }) => answeredMs));
  return ({ answeredMs }) => answeredMs === first;
}

/** By clock, which is one per process: what belongs to a process that ended goes with it. */
const shared = new WeakMap<Clock, Map<string, Shared>>();

interface Shared {
  readonly bucket: TokenBucket;
  users: number;
}

/**
 * The bucket of a token: offerings that use the same token share one, because Civo counts by account. The rate is that of
 * the first who asks. `release` is called once by each.
 */
export function shareTokenBucket(clock: Clock, token: string, perSecond: number): TokenBucket & { release(): void } {
  const buckets = shared.get(clock) ?? new Map<string, Shared>();
  shared.set(clock, buckets);
  const key = createHash('sha256').update(token).digest('base64');
  const entry = buckets.get(key) ?? { bucket: createTokenBucket(clock, perSecond), users: 0 };
  buckets.set(key, entry);
  entry.users++;
  return {
    ...entry.bucket,
    release: () => {
      if (--entry.users === 0) buckets.delete(key);
    },
  };
}
