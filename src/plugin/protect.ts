import { isAgentError } from '../lib/errors.ts';
import { mergeStreams } from '../lib/merge-streams.ts';
import type { Verdict } from './circuit.ts';
import type { Backend } from './contract.ts';
import type { Guard, GuardLease } from './guards.ts';

/**
 * A backend that is never asked for more at once than it was said to bear, and not at all while it is down; each part by
 * itself. `backend` is an instrumented one: its calls end in time, and throw what can be judged. Of a stream each wait for
 * an item is a call, so a reader that takes its time holds no place, and may itself call.
 */
export function protect(backend: Backend, lease: GuardLease): Backend {
  const unstamped = backend.unstamped?.bind(backend);
  const partOf = (account: string): string => backend.part?.(account) ?? '';
  const whole = (): Guard => lease.guard('');

  /** Accounts of several parts are asked for side by side: a part that is down leaves only its own out. */
  function streamByPart<A, T>(
    signal: AbortSignal,
    accounts: readonly A[],
    nameOf: (account: A) => string,
    open: (accounts: readonly A[]) => AsyncIterable<T>,
  ): AsyncIterable<T> {
    const parts = new Map<string, A[]>();
    for (const account of accounts) {
      const part = partOf(nameOf(account));
      parts.set(part, [...(parts.get(part) ?? []), account]);
    }
    if (parts.size <= 1) return stream(lease.guard([...parts.keys()][0] ?? ''), signal, () => open(accounts));
    return mergeStreams([...parts].map(([part, own]) => stream(lease.guard(part), signal, () => open(own))));
  }

  return {
    ...backend,
    // A check that finds something wrong has not shown that calls succeed.
    check: (signal) =>
      call(
        whole(),
        signal,
        () => backend.check(signal),
        (checks) => (checks.some(({ status }) => status === 'failed') ? 'unknown' : 'answered'),
      ),
    observe: (accounts, signal) =>
      accounts === 'all'
        ? stream(whole(), signal, () => backend.observe('all', signal))
        : streamByPart(
            signal,
            accounts,
            ({ account }) => account,
            (own) => backend.observe(own, signal),
          ),
    ...(unstamped && { unstamped: (signal) => stream(whole(), signal, () => unstamped(signal)) }),
    apply: (action, signal) =>
      call(
        lease.guard(partOf(action.account)),
        signal,
        () => backend.apply(action, signal),
        () => 'answered',
      ),
    usage: (accounts, query, signal) =>
      streamByPart(signal, accounts, String, (own) => backend.usage(own, query, signal)),
    close: async () => {
      lease.release();
      await backend.close();
    },
  };
}

async function call<T>(
  { circuit, throttle }: Guard,
  signal: AbortSignal,
  work: () => Promise<T>,
  judge: (value: T) => Verdict,
): Promise<T> {
  circuit.permit();
  return throttle.run(true, signal, async () => {
    const leave = circuit.enter();
    try {
      const value = await work();
      leave(judge(value));
      return value;
    } catch (error) {
      leave(verdictOf(error), isAgentError(error) ? error : undefined);
      throw error;
    }
  });
}

/** The rest of a stream may come from what was read with its first item: only a failure says something. */
async function goOn<T>({ circuit, throttle }: Guard, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await throttle.run(false, signal, work);
  } catch (error) {
    if (isAgentError(error) && verdictOf(error) === 'failed') circuit.failedLater(error);
    throw error;
  }
}

async function* stream<T>(guard: Guard, signal: AbortSignal, open: () => AsyncIterable<T>): AsyncGenerator<T> {
  let items: AsyncIterator<T> | undefined;
  const next = async (): Promise<IteratorResult<T>> => {
    items ??= open()[Symbol.asyncIterator]();
    return items.next();
  };
  try {
    let item = await call(guard, signal, next, () => 'answered');
    while (item.done !== true) {
      yield item.value;
      item = await goOn(guard, signal, next);
    }
  } finally {
    await items?.return?.();
  }
}

/** Also a refusal is an answer. */
function verdictOf(error: unknown): Verdict {
  if (!isAgentError(error) || error.disposition === 'bug') return 'unknown';
  return error.disposition === 'transient' ? 'failed' : 'answered';
}
