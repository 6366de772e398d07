import { isAgentError } from './errors.ts';
import type { Log } from './log.ts';

/** Requests to one backend at once. */
export const AT_ONCE = 8;

/**
 * Runs `work` for every account, `limit` at a time, and yields what comes of it as it comes. An account whose work fails
 * is left out and logged, except for failures that would meet every account alike: those end it all.
 */
export async function* forAccounts<T>(
  accounts: Iterable<string>,
  log: Log,
  signal: AbortSignal,
  work: (account: string) => Promise<T | undefined>,
  limit = AT_ONCE,
): AsyncGenerator<T> {
  const running = new Map<number, Promise<readonly [id: number, value: T | undefined]>>();
  const attempt = async (id: number, account: string): Promise<readonly [number, T | undefined]> => {
    try {
      return [id, await work(account)];
    } catch (err) {
      signal.throwIfAborted();
      if (isAgentError(err) && err.disposition === 'operator') throw err;
      log.warn({ err, account }, 'the account could not be read');
      return [id, undefined];
    }
  };
  const next = async (): Promise<T | undefined> => {
    const [id, value] = await Promise.race(running.values());
    running.delete(id);
    return value;
  };
  let started = 0;
  try {
    for (const account of accounts) {
      signal.throwIfAborted();
      const id = started++;
      running.set(id, attempt(id, account));
      const value = running.size < limit ? undefined : await next();
      if (value !== undefined) yield value;
    }
    while (running.size > 0) {
      const value = await next();
      if (value !== undefined) yield value;
    }
  } finally {
    // After a failure the others still run, and their ends are not looked at anywhere else.
    await Promise.allSettled(running.values());
  }
}
