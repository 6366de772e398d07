import type { Documents } from '../plugin/contract.ts';
import type { Bound } from '../plugin/document-rules.ts';
import type { JournalRows } from './journal-rows.ts';

/**
 * What must outlive the process and what neither Waldur nor a backend can tell again. The agent is correct with an empty
 * store; it only measures and remembers less.
 */
export interface Store {
  /** False for the memory store, whose contents end with the process. */
  readonly isDurable: boolean;
  /** The documents of one owner. Namespaces do not see each other. @param bound for what is only remembered */
  documents(namespace: string, bound?: Bound): Documents;
  readonly samples: Samples;
  readonly journal: JournalRows;
  close(): Promise<void>;
}

/** What accounts held at moments in the past, by owner: the UUID of an offering. */
export interface Samples {
  /** In any order, all or none. A second sample of the same component and second replaces the first. */
  add(owner: string, samples: readonly Sample[]): Promise<void>;
  /** One series for each component that has samples in `[from, to)`, sorted by component. */
  read(owner: string, account: string, range: { readonly from: Date; readonly to: Date }): Promise<readonly Series[]>;
  /** Accounts with samples in `[from, to)`, rounded to whole days of UTC, sorted. */
  accounts(owner: string, range: { readonly from: Date; readonly to: Date }): Promise<readonly string[]>;
  /** Removes the samples of `owner` from before the day of `before`. */
  forget(owner: string, before: Date): Promise<void>;
}

export interface Sample {
  readonly account: string;
  /** Component of the backend, for example `storage`. */
  readonly component: string;
  /** Kept in whole seconds. */
  readonly at: Date;
  /** In base units, not negative. */
  readonly quantity: bigint;
}

export interface Series {
  readonly component: string;
  /** Oldest first, each second once. */
  readonly points: readonly Point[];
}

export interface Point {
  /** Whole seconds since 1970. */
  readonly at: number;
  /** A number where it is exact. */
  readonly quantity: number | bigint;
}
