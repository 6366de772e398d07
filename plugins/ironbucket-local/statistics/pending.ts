import { type Counts, OPERATIONS, type Operation, ZERO } from './statistics-file.ts';

/** What was counted and is in no file yet, of one bucket in one month. */
export interface Pending {
  readonly account: string;
  readonly month: string;
}

export interface PendingCounts {
  add(account: string, month: string, operation: Operation, times?: number): void;
  all(): readonly Pending[];
  has(item: Pending): boolean;
  counts(account: string, month: string): Counts;
  /** These counts are in the file now; what came later stays. */
  written(item: Pending, counts: Counts): void;
  forget(account: string): void;
}

interface Item extends Pending {
  readonly counts: Record<Operation, number>;
}

export function createPending(): PendingCounts {
  const accounts = new Map<string, Map<string, Item>>();
  const find = (account: string, month: string): Item | undefined => accounts.get(account)?.get(month);

  function create(account: string, month: string): Item {
    const item: Item = { account, month, counts: { get: 0, put: 0, delete: 0, list: 0, head: 0, multipart: 0 } };
    const months = accounts.get(account) ?? new Map<string, Item>();
    accounts.set(account, months.set(month, item));
    return item;
  }

  function remove({ account, month }: Pending): void {
    const months = accounts.get(account);
    months?.delete(month);
    if (months?.size === 0) accounts.delete(account);
  }

  return {
    add: (account, month, operation, times = 1) => {
      const { counts } = find(account, month) ?? create(account, month);
      counts[operation] += times;
    },
    all: () => [...accounts.values()].flatMap((months) => [...months.values()]),
    has: (item) => find(item.account, item.month) === item,
    counts: (account, month) => {
      const item = find(account, month);
      if (item === undefined) return ZERO;
      const { get, put, delete: removed, list, head, multipart } = item.counts;
      return {
        get: BigInt(get),
        put: BigInt(put),
        delete: BigInt(removed),
        list: BigInt(list),
        head: BigInt(head),
        multipart: BigInt(multipart),
      };
    },
    written: (item, counts) => {
      const kept = find(item.account, item.month);
      if (kept === undefined || kept !== item) return;
      for (const operation of OPERATIONS) kept.counts[operation] -= Number(counts[operation]);
      if (OPERATIONS.every((operation) => kept.counts[operation] === 0)) remove(item);
    },
    forget: (account) => {
      accounts.delete(account);
    },
  };
}
