import type { AgentError } from '../lib/errors.ts';
import { type Backoff, backoffMs, type Random } from '../lib/retry.ts';

/** What the next step depends on beside the failure itself. */
export interface History {
  /** Since the last session that was stable. */
  readonly failures: number;
  /** Refused logins in a row; each of them comes after a registration that succeeded. */
  readonly refusals: number;
  /** When a session last died for no stated reason, monotonic. */
  readonly diedAtMs: number | undefined;
}

export interface Failure {
  /** `register` covers everything asked of Waldur, the passcode included. */
  readonly phase: 'register' | 'session';
  readonly error: AgentError;
  /** Monotonic. */
  readonly atMs: number;
  /** How long the session had been subscribed; 0 when it never was. */
  readonly connectedMs: number;
}

export interface Step {
  /** Ask Waldur for the queue again first: that refreshes the login and re-creates what is missing. */
  readonly register: boolean;
  readonly waitMs: number;
  readonly history: History;
}

export const FRESH: History = { failures: 0, refusals: 0, diedAtMs: undefined };

/** After this long a session counts as stable, and its loss as a new trouble. */
const STABLE_MS = 60_000;
const NORMAL: Backoff = { firstMs: 1000, factor: 2, capMs: 120_000, jitter: 0.25 };
/** For what a person has to repair: never below a minute. */
const LONG: Backoff = { firstMs: 80_000, factor: 1, capMs: 80_000, jitter: 0.25 };
const RARE: Backoff = { firstMs: 900_000, factor: 1, capMs: 900_000, jitter: 0.25 };

/** Failure → next step. There is no giving up. */
export function reconnect(history: History, failure: Failure, random: Random): Step {
  const before = failure.connectedMs >= STABLE_MS ? FRESH : history;
  const refused = failure.error.code === 'STOMP_REFUSED';
  const died = failure.error.code === 'STOMP_DIED';
  const next: History = {
    failures: before.failures + 1,
    refusals: refused ? before.refusals + 1 : failure.phase === 'session' ? 0 : before.refusals,
    diedAtMs: died ? failure.atMs : history.diedAtMs,
  };
  const diedAgain = died && history.diedAtMs !== undefined && failure.atMs - history.diedAtMs <= STABLE_MS;
  const { code, retryAfterMs } = failure.error;
  const policy = failure.phase === 'register' ? registerPolicy(failure.error) : sessionPolicy(code, next.refusals);
  return {
    register: failure.phase === 'register' || diedAgain || code === 'STOMP_REFUSED' || code === 'STOMP_QUEUE_MISSING',
    waitMs: backoffMs(policy, before.failures, random, retryAfterMs),
    history: next,
  };
}

/** How long to poll before asking again a server that has no queues. */
export function probeMs(random: Random): number {
  return backoffMs(RARE, 0, random);
}

function sessionPolicy(code: string, refusals: number): Backoff {
  if (code === 'STOMP_WRONG_PATH' || code === 'STOMP_PROXY') return LONG;
  // The registration that should have repaired the login did not.
  return refusals >= 2 ? LONG : NORMAL;
}

function registerPolicy(error: AgentError): Backoff {
  // The identity belongs to another user of Waldur.
  if (error.status === 409) return RARE;
  return error.disposition === 'operator' || error.status === 403 || error.status === 404 ? LONG : NORMAL;
}
