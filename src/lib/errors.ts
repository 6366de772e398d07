/**
 * How the core must react to a failure; there is no fifth way.
 * - `transient`: try again later, the order stays as it is
 * - `terminal`: this order can never succeed as ordered; tell the consumer
 * - `operator`: our credentials, configuration or the backend install are wrong; keep the order, alert, do not hammer
 * - `bug`: an unclassified exception; handled as transient, but counted and logged with its stack
 */
export type Disposition = 'transient' | 'terminal' | 'operator' | 'bug';

export interface AgentErrorOptions {
  /** Stable, documented and greppable, for example `WALDUR_UNREACHABLE`. It becomes a metric label: the set is closed. */
  readonly code: string;
  readonly disposition: Disposition;
  /** What a person can do about it. */
  readonly hint?: string | undefined;
  /** Delay the server asked for before the next attempt. */
  readonly retryAfterMs?: number | undefined;
  /** HTTP status, when the failure is a response. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** An error the code understands. The message says what was being done to what, and never holds a secret. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.disposition = options.disposition;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

/** By name and shape, because an external plugin may carry its own copy of the class. */
export function isAgentError(error: unknown): error is AgentError {
  return error instanceof Error && error.name === 'AgentError' && 'disposition' in error && 'code' in error;
}

/** Anything thrown, as an AgentError: an unclassified exception becomes a `BUG`. */
export function toAgentError(error: unknown): AgentError {
  if (isAgentError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError(message, { code: 'BUG', disposition: 'bug', cause: error });
}
