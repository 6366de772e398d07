import type { Clock } from './clock.ts';
import { toAgentError } from './errors.ts';

/** Uniform in [0, 1), like Math.random; injected so that tests are repeatable. */
export type Random = () => number;

export interface Backoff {
  readonly firstMs: number;
  readonly factor: number;
  readonly capMs: number;
  /** Share of the delay that is random: 0.25 spreads by ± 25 %. */
  readonly jitter: number;
}

/** Delay before attempt `attempt + 1`, counted from 0. A delay the server asked for is a lower bound. */
export function backoffMs(policy: Backoff, attempt: number, random: Random, retryAfterMs = 0): number {
  const base = Math.min(policy.capMs, policy.firstMs * policy.factor ** attempt);
  return Math.max(retryAfterMs, base * (1 - policy.jitter + 2 * policy.jitter * random()));
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  /** How often `work` runs at most. */
  readonly attempts: number;
  /** A server that asks for a longer pause than this gets the failure reported instead. */
  readonly longestWaitMs?: number;
}

/** Runs `work` until it succeeds, fails with anything but a transient error, or the attempts are spent. */
export async function retry<T>(
  options: RetryOptions,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      const { disposition, retryAfterMs } = toAgentError(error);
      const wait = backoffMs(options.backoff, attempt, options.random, retryAfterMs);
      const spent = attempt + 1 >= options.attempts || wait > (options.longestWaitMs ?? Number.POSITIVE_INFINITY);
      if (disposition !== 'transient' || spent || signal.aborted) throw error;
      await options.clock.sleep(wait, signal);
    }
  }
}
