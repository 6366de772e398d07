import type { Entry } from './entry.ts';

/** Buckets in memory. Beyond `maxSize` the one goes that was not used for the longest time, never one that has work. */
export interface Cache {
  get(account: string): Entry | undefined;
  /** Without using it. */
  has(entry: Entry): boolean;
  /** As the one used last. */
  put(entry: Entry): void;
  /** The entry got work, or lost it. */
  moved(entry: Entry): void;
  remove(account: string): void;
  /** Those with work. */
  active(): Iterable<Entry>;
}

export function createCache(maxSize: number): Cache {
  const active = new Map<string, Entry>();
  /** In the order of their last use. */
  const idle = new Map<string, Entry>();

  function put(entry: Entry): void {
    const { account } = entry;
    idle.delete(account);
    active.delete(account);
    (entry.work === undefined ? idle : active).set(account, entry);
    for (const oldest of idle.keys()) {
      // Never the one that is about to be used.
      if (active.size + idle.size <= maxSize || oldest === account) return;
      idle.delete(oldest);
    }
  }

  return {
    get: (account) => {
      const entry = idle.get(account);
      if (entry === undefined) return active.get(account);
      idle.delete(account);
      idle.set(account, entry);
      return entry;
    },
    has: (entry) => (idle.get(entry.account) ?? active.get(entry.account)) === entry,
    put,
    moved: put,
    remove: (account) => {
      active.delete(account);
      idle.delete(account);
    },
    active: () => active.values(),
  };
}
