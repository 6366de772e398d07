import type { Clock } from '../lib/clock.ts';
import { AgentError } from '../lib/errors.ts';

/** `open`: calls are refused until then. `probing`: one call is on its way to find out. */
export type CircuitState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly until: Date; readonly code: string }
  | { readonly kind: 'probing'; readonly code: string };

/** What a call says of the backend. `unknown`: nothing, because its caller gave up, or because of a bug. */
export type Verdict = 'answered' | 'failed' | 'unknown';

/** Stops calling a backend that is down, and finds out when it is back. */
export interface Circuit {
  /** @throws AgentError transient `BACKEND_PAUSED` while calls are refused. */
  permit(): void;
  /**
   * Asks for leave to call; the answer takes the verdict, once.
   *
   * @throws AgentError as `permit`.
   */
  enter(): (verdict: Verdict, failure?: AgentError) => void;
  /** A call that had answered already failed after all. */
  failedLater(failure: AgentError): void;
}

export interface CircuitOptions {
  /** What is not called, for error texts: `the storage of offering "Files"`. */
  readonly what: string;
  readonly clock: Clock;
  onChange(state: CircuitState): void;
}

/** Transient failures in a row after which it opens, and for how long it then stays so. */
export const FAILURES = 5;
export const PAUSE_MS = 30_000;

export function createCircuit(options: CircuitOptions): Circuit {
  const { clock } = options;
  let state: CircuitState = { kind: 'closed' };
  let failures = 0;
  /** When the next call may find out; a probe that hangs does not keep others from trying. */
  let nextMs = 0;
  let last: AgentError | undefined;
  /** A call that began in another era says nothing about this one. */
  let era = 0;

  function become(next: CircuitState, afterMs: number): void {
    state = next;
    nextMs = clock.monotonicMs() + afterMs;
    failures = 0;
    era++;
    options.onChange(next);
  }

  function open(code: string, afterMs: number): void {
    become({ kind: 'open', until: new Date(clock.now().getTime() + afterMs), code }, afterMs);
  }

  function judge(verdict: Verdict, failure: AgentError | undefined): void {
    if (failure !== undefined) last = failure;
    const code = failure?.code ?? 'BUG';
    switch (state.kind) {
      case 'closed':
        if (verdict === 'answered') failures = 0;
        if (verdict === 'failed' && ++failures >= FAILURES) open(code, PAUSE_MS);
        return;
      case 'probing':
        if (verdict === 'answered') become({ kind: 'closed' }, 0);
        else if (verdict === 'failed') open(code, PAUSE_MS);
        else open(state.code, 0);
        return;
      case 'open':
        return;
    }
  }

  function permit(): void {
    const leftMs = nextMs - clock.monotonicMs();
    if (state.kind !== 'closed' && leftMs > 0) throw paused(options.what, state, last, leftMs);
  }

  return {
    permit,
    enter: () => {
      permit();
      if (state.kind !== 'closed') become({ kind: 'probing', code: state.code }, PAUSE_MS);
      const entered = era;
      return (verdict, failure) => {
        if (entered === era) judge(verdict, failure);
      };
    },
    failedLater: (failure) => {
      if (state.kind === 'closed') judge('failed', failure);
    },
  };
}

function paused(
  what: string,
  state: Exclude<CircuitState, { kind: 'closed' }>,
  cause: AgentError | undefined,
  leftMs: number,
): AgentError {
  const isOpen = state.kind === 'open';
  const then = isOpen ? `it is tried again at ${state.until.toISOString()}` : 'it is being tried right now';
  return new AgentError(`${what} failed ${FAILURES} times in a row; ${then}`, {
    code: 'BACKEND_PAUSED',
    disposition: 'transient',
    hint: 'Orders are kept as they are. What it failed with is the cause.',
    retryAfterMs: isOpen ? leftMs : undefined,
    cause,
  });
}
