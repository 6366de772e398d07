import { createHash } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';

/** Requests of one token, spread over time. */
export interface TokenBucket {
  /** Resolves when the next request may go out. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void>;
  /** No request goes out before so many milliseconds have passed. */
  pause(ms: number): void;
}

/** How many requests may go out at once after a silence: any second sees at most `perSecond` and these. */
const BURST = 2;

export function createTokenBucket(clock: Clock, perSecond: number): TokenBucket {
  const intervalMs = 1000 / perSecond;
  let nextMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** A pause ends the reservations that were made before it. */
  let era = 0;

  return {
    take: async (signal) => {
      for (let reserved = era - 1; reserved !== era; ) {
        signal.throwIfAborted();
        reserved = era;
        const now = clock.monotonicMs();
        const at = Math.max(nextMs, now - (BURST - 1) * intervalMs);
        nextMs = at + intervalMs;
        if (at > now) await clock.sleep(at - now, signal);
      }
    },
    pause: (ms) => {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + ms);
      nextMs = pausedUntilMs;
      era++;
    },
  };
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
