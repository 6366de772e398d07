import type { Clock } from '../../../src/lib/clock.ts';
import { createThrottle, type Throttle } from '../../../src/plugin/throttle.ts';
import type { Principal } from './call.ts';

/** Runs work that looks at many files: two at once for each account, the others wait for their turn. */
export type Searches = <T>(principal: Principal, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

const AT_ONCE = 2;

export function createSearches(clock: Clock): Searches {
  /** Of accounts that search; the entry goes with the last search. */
  const accounts = new Map<string, { running: number; readonly throttle: Throttle }>();
  return async (principal, signal, work) => {
    const name = principal.kind === 'account' ? principal.account : '';
    const limits = () => ({ concurrency: AT_ONCE, perSecond: undefined });
    const entry = accounts.get(name) ?? { running: 0, throttle: createThrottle({ clock, limits }) };
    accounts.set(name, entry);
    entry.running++;
    try {
      return await entry.throttle.run(false, signal, work);
    } finally {
      if (--entry.running === 0) accounts.delete(name);
    }
  };
}
