import type { Clock } from '../lib/clock.ts';
import { late, withDeadline } from '../lib/deadline.ts';
import { AgentError, type Disposition, isAgentError } from '../lib/errors.ts';
import type { Action, Backend } from './contract.ts';
import { isSafeAccount } from './naming.ts';

/** What was called: a method of the backend, or the kind of the action applied. */
export type Operation = 'check' | 'observe' | 'usage' | 'unstamped' | 'serve' | 'close' | Action['kind'];

export interface CallOutcome {
  readonly operation: Operation;
  /** `ok`, the code of the error, or `ABORTED` when the caller gave up: a metric label. */
  readonly code: string;
  /** Spent in the backend; of a stream without the time its reader took. */
  readonly seconds: number;
}

/** Milliseconds. Of a stream it bounds the wait for each item, because the reader decides how long the whole takes. */
export type Deadlines = Readonly<Record<'check' | 'observe' | 'apply' | 'usage' | 'close', number>>;

export interface InstrumentOptions {
  /** Both for error texts. */
  readonly plugin: string;
  readonly offering: string;
  readonly clock: Clock;
  readonly deadlines?: Partial<Deadlines>;
  observe(outcome: CallOutcome): void;
}

const DEADLINES: Deadlines = { check: 30_000, observe: 60_000, apply: 120_000, usage: 600_000, close: 30_000 };

/**
 * The backend as the rest of the agent sees it: every call is measured and ends in time, everything thrown is an
 * AgentError (what is not classified becomes `BUG`) or the reason of the caller's signal, and no account name that means
 * something else in a path reaches the plugin.
 */
export function instrument(backend: Backend, options: InstrumentOptions): Backend {
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const calls: Calls = {
    clock: options.clock,
    itemMs: { observe: deadlines.observe, unstamped: deadlines.observe, usage: deadlines.usage },
    describe: (operation) => `${operation} of ${options.plugin} for offering "${options.offering}"`,
    observe: (outcome) => options.observe(outcome),
  };
  const never = new AbortController().signal;
  const unstamped = backend.unstamped?.bind(backend);

  return {
    check: (signal) => call(calls, 'check', deadlines.check, signal, (inner) => backend.check(inner)),
    observe: (accounts, signal) =>
      stream(calls, 'observe', signal, (inner) =>
        backend.observe(accounts === 'all' ? 'all' : safe(accounts, ({ account }) => account), inner),
      ),
    apply: (action, signal) =>
      call(calls, action.kind, deadlines.apply, signal, async (inner) => {
        if (!isSafeAccount(action.account)) throw unsafe(action.account);
        return backend.apply(action, inner);
      }),
    usage: (accounts, query, signal) =>
      stream(calls, 'usage', signal, (inner) => backend.usage(safe(accounts, String), query, inner)),
    close: () => call(calls, 'close', deadlines.close, never, () => backend.close()),
    ...(unstamped && { unstamped: (signal) => stream(calls, 'unstamped', signal, unstamped) }),
    ...(backend.routes && { routes: backend.routes }),
    ...(backend.jobs && { jobs: backend.jobs }),
    ...(backend.part && { part: (account) => backend.part?.(account) ?? '' }),
    ...(backend.serve && { serve: (signal) => measure(calls, 'serve', signal, async () => backend.serve?.(signal)) }),
  };
}

type Stream = 'observe' | 'usage' | 'unstamped';

/** What every call of one backend has in common. */
interface Calls {
  readonly clock: Clock;
  /** The longest wait for one item of a stream. */
  readonly itemMs: Readonly<Record<Stream, number>>;
  /** For error texts. */
  describe(operation: Operation): string;
  observe(outcome: CallOutcome): void;
}

async function measure<T>(
  { clock, describe, observe }: Calls,
  operation: Operation,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const started = clock.monotonicMs();
  let code = 'ok';
  try {
    return await work();
  } catch (error) {
    const failure = classify(error, signal, describe(operation));
    code = codeOf(failure);
    throw failure;
  } finally {
    observe({ operation, code, seconds: (clock.monotonicMs() - started) / 1000 });
  }
}

function call<T>(
  calls: Calls,
  operation: Operation,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, describe } = calls;
  return measure(calls, operation, signal, () => withDeadline(clock, signal, ms, describe(operation), work));
}

async function* stream<T>(
  { clock, itemMs, describe, observe }: Calls,
  operation: Stream,
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const source = new AbortController();
  /** Ends the wait for an item. */
  let giveUp: (reason: Error) => void = () => undefined;
  const onAbort = (): void => {
    source.abort(signal.reason);
    giveUp(signal.reason as Error);
  };
  // One listener for the stream: `withDeadline` for each item takes a third of what the item takes.
  signal.addEventListener('abort', onAbort, { once: true });
  let items: AsyncIterator<T> | undefined;
  let code = 'ok';
  let ms = 0;
  const next = async (): Promise<IteratorResult<T>> => {
    items ??= open(source.signal)[Symbol.asyncIterator]();
    return items.next();
  };
  const wait = async (): Promise<IteratorResult<T>> => {
    signal.throwIfAborted();
    const started = clock.monotonicMs();
    const cancel = clock.after(itemMs[operation], () => giveUp(late(describe(operation), itemMs[operation])));
    try {
      return await new Promise((resolve, reject) => {
        giveUp = reject;
        next().then(resolve, reject);
      });
    } finally {
      cancel();
      ms += clock.monotonicMs() - started;
    }
  };
  try {
    for (;;) {
      const item = await wait();
      if (item.done === true) return;
      yield item.value;
    }
  } catch (error) {
    const failure = classify(error, signal, describe(operation));
    code = codeOf(failure);
    throw failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
    observe({ operation, code, seconds: ms / 1000 });
    source.abort(new AgentError(`${describe(operation)} has ended`, { code: 'ABORTED', disposition: 'transient' }));
    // A reader that stopped early waits for the clean-up of the backend; after a failure it may hang, so it is not waited for.
    const closed = items?.return?.().catch(() => undefined);
    if (code === 'ok') await closed;
  }
}

const DISPOSITIONS: ReadonlySet<unknown> = new Set<Disposition>(['transient', 'terminal', 'operator', 'bug']);

/** A foreign error may call itself AgentError and have a disposition that means nothing. */
function classify(error: unknown, signal: AbortSignal, what: string): unknown {
  if (isAgentError(error) && DISPOSITIONS.has(error.disposition) && /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code))
    return error;
  if (signal.aborted) return signal.reason;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError(`${what} failed: ${message}`, { code: 'BUG', disposition: 'bug', cause: error });
}

function codeOf(failure: unknown): string {
  return isAgentError(failure) ? failure.code : 'ABORTED';
}

/** One bad name must not hide the other accounts: it is left out, which means unknown. */
function safe<T>(accounts: readonly T[], nameOf: (account: T) => string): readonly T[] {
  const usable = accounts.filter((account) => isSafeAccount(nameOf(account)));
  const [first] = accounts;
  if (usable.length === 0 && first !== undefined) throw unsafe(nameOf(first));
  return usable;
}

function unsafe(account: string): AgentError {
  const shown =
    account === '' ? 'is empty' : `${JSON.stringify(account.slice(0, 80))} is not one this storage could have given`;
  return new AgentError(`The account name ${shown}.`, {
    code: 'ACCOUNT_UNSAFE',
    disposition: 'terminal',
    hint: 'The backend id of the resource was changed in Waldur; set it back.',
  });
}
