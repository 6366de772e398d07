import { isAgentError } from '../lib/errors.ts';
import { type CircuitOptions, createCircuit, type Verdict } from './circuit.ts';
import type { Backend } from './contract.ts';
import { createThrottle, type ThrottleOptions } from './throttle.ts';

export type ProtectOptions = CircuitOptions & ThrottleOptions;

/**
 * A backend that is never asked for more at once than it was said to bear, and not at all while it is down. `backend` is
 * an instrumented one: its calls end in time, and throw what can be judged. Of a stream each wait for an item is a call,
 * so a reader that takes its time keeps nobody waiting, and may itself call.
 */
export function protect(backend: Backend, options: ProtectOptions): Backend {
  const throttle = createThrottle(options);
  const circuit = createCircuit(options);
  const unstamped = backend.unstamped?.bind(backend);

  async function call<T>(signal: AbortSignal, work: () => Promise<T>, judge: (value: T) => Verdict): Promise<T> {
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
  async function goOn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await throttle.run(false, signal, work);
    } catch (error) {
      if (isAgentError(error) && verdictOf(error) === 'failed') circuit.failedLater(error);
      throw error;
    }
  }

  async function* stream<T>(signal: AbortSignal, open: () => AsyncIterable<T>): AsyncGenerator<T> {
    let items: AsyncIterator<T> | undefined;
    const next = async (): Promise<IteratorResult<T>> => {
      items ??= open()[Symbol.asyncIterator]();
      return items.next();
    };
    try {
      let item = await call(signal, next, () => 'answered');
      while (item.done !== true) {
        yield item.value;
        item = await goOn(signal, next);
      }
    } finally {
      await items?.return?.();
    }
  }

  return {
    ...backend,
    // A check that finds something wrong has not shown that calls succeed.
    check: (signal) =>
      call(
        signal,
        () => backend.check(signal),
        (checks) => (checks.some(({ status }) => status === 'failed') ? 'unknown' : 'answered'),
      ),
    observe: (accounts, signal) => stream(signal, () => backend.observe(accounts, signal)),
    ...(unstamped && { unstamped: (signal) => stream(signal, () => unstamped(signal)) }),
    apply: (action, signal) =>
      call(
        signal,
        () => backend.apply(action, signal),
        () => 'answered',
      ),
    usage: (accounts, query, signal) => stream(signal, () => backend.usage(accounts, query, signal)),
  };
}

/** Also a refusal is an answer. */
function verdictOf(error: unknown): Verdict {
  if (!isAgentError(error) || error.disposition === 'bug') return 'unknown';
  return error.disposition === 'transient' ? 'failed' : 'answered';
}
