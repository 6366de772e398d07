import type { AgentError } from '../lib/errors.ts';
import { type Backoff, backoffMs, type Random } from '../lib/retry.ts';
import type { Again } from './job.ts';

const ATTEMPTS = 4;
const BACKOFF: Backoff = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0.25 };
/** A server that wants a longer pause gets it from the next pass. */
const LONGEST_PAUSE_MS = 120_000;

/** When a job that failed in its attempt `attempt`, counted from 0, runs again; undefined leaves it to the next pass. */
export function retryDelay(error: AgentError, attempt: number, random: Random): Again | undefined {
  const againAfterMs = backoffMs(BACKOFF, attempt, random, error.retryAfterMs);
  const spent = attempt + 1 >= ATTEMPTS || againAfterMs > LONGEST_PAUSE_MS;
  return error.disposition === 'transient' && !spent ? { againAfterMs } : undefined;
}
