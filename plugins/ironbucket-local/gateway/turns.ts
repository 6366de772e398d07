import type { Clock } from '../../../src/lib/clock.ts';
import { createThrottle, type Throttle } from '../../../src/plugin/throttle.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Principal } from './call.ts';

/** Keeps one account from taking the place of the others. */
export interface Turns {
  /**
   * One more request of the account. Returns what ends it.
   * @throws S3Error `SlowDown` when the account has its share of the connections under way already
   */
  enter(principal: Principal): () => void;
  /** Runs work that looks at many files: two at once for each account, the others wait for their turn. */
  search<T>(principal: Principal, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

const SEARCHES = 2;

/** @param most requests of one account at once */
export function createTurns(clock: Clock, most: number): Turns {
  /** Of accounts that have a request under way; the entry goes with the last one. */
  const accounts = new Map<string, { running: number; searches: Throttle | undefined }>();
  const nameOf = (principal: Principal): string => (principal.kind === 'account' ? principal.account : '');

  function entryOf(principal: Principal) {
    const name = nameOf(principal);
    const found = accounts.get(name);
    if (found !== undefined) return found;
    const entry = { running: 0, searches: undefined };
    accounts.set(name, entry);
    return entry;
  }

  return {
    enter: (principal) => {
      const entry = entryOf(principal);
      if (entry.running >= most && principal.kind === 'account') throw new S3Error('SlowDown');
      entry.running++;
      let over = false;
      return () => {
        if (over) return;
        over = true;
        if (--entry.running === 0) accounts.delete(nameOf(principal));
      };
    },
    search: (principal, signal, work) => {
      const entry = entryOf(principal);
      entry.searches ??= createThrottle({ clock, limits: () => ({ concurrency: SEARCHES, perSecond: undefined }) });
      return entry.searches.run(false, signal, work);
    },
  };
}
