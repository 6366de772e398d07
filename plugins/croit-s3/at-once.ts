import { isAgentError } from '../../src/lib/errors.ts';
import type { Log } from '../../src/lib/log.ts';

/** Requests to one backend at once. */
export const AT_ONCE = 8;

/**
 * Runs `work` for every account, `AT_ONCE` at a time, and yields what comes of it as it comes. An account whose work fails
 * is left out and logged, except for failures that would meet every account alike: those end it all.
 */
export async function* forAccounts<T>(
  accounts: Iterable<string>,
  log: Log,
  signal: AbortSignal,
  work: (account: string) => Promise<T | undefined>,
): AsyncGenerator<T> {
  const running = new Set<Promise<{ readonly done: Promise<unknown>; readonly value: T | undefined }>>();
  const attempt = async (account: string): Promise<T | undefined> => {
    try {
      return await work(account);
    } catch (err) {
      signal.throwIfAborted();
      if (isAgentError(err) && err.disposition === 'operator') throw err;
      log.warn({ err, account }, 'the account could not be read');
      return undefined;
    }
  };
  const next = async (): Promise<T | undefined> => {
    const { done, value } = await Promise.race(running);
    running.delete(done as never);
    return value;
  };
  const start = (account: string): void => {
    const done: Promise<{ readonly done: Promise<unknown>; readonly value: T | undefined }> = attempt(account).then(
      (value) => ({ done, value }),
    );
    running.add(done);
  };
  try {
    for (const account of accounts) {
      signal.throwIfAborted();
      start(account);
      if (running.size < AT_ONCE) continue;
      const value = await next();
      if (value !== undefined) yield value;
    }
    while (running.size > 0) {
      const value = await next();
      if (value !== undefined) yield value;
    }
  } finally {
    // After a failure the others still run, and nobody else will look at how they end.
    await Promise.allSettled(running);
  }
}
