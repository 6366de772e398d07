import type { Json } from '../lib/json.ts';

/**
 * What must outlive the process and what neither Waldur nor a backend can tell again. The agent is correct with an empty
 * store; it only measures and remembers less.
 */
export interface Store {
  /** False for the memory store, whose contents end with the process. */
  readonly isDurable: boolean;
  /** The documents of one owner. Namespaces do not see each other. */
  documents(namespace: string, bound?: Bound): Documents;
  readonly samples: Samples;
  close(): Promise<void>;
}

/** For what is only remembered: it ends by itself, and what ends first makes room. */
export interface Bound {
  /** Documents kept. A few more may be there until the next removal, which 100 writes bring at the latest. */
  readonly limit: number;
  /** Expiry of what is put without one. */
  readonly lifetimeMs: number;
}

/**
 * JSON values by key. A key is 1 to 512 printable ASCII characters without spaces, a value at most 1 MiB of JSON.
 * Every method throws an AgentError: `STORE_BAD_KEY` or `STORE_BAD_VALUE` (bug), `STORE_FAILED` (operator).
 */
export interface Documents {
  get(key: string): Promise<Json | undefined>;
  put(key: string, value: Json, options?: PutOptions): Promise<void>;
  delete(key: string): Promise<void>;
  /** In order of their keys; the key of the last one is the `after` of the next page. */
  list(prefix: string, page?: Page): Promise<readonly Document[]>;
  /** All changes, or none. */
  batch(changes: readonly Change[]): Promise<void>;
}

export interface PutOptions {
  /** From then on the document is not there. Without it, it stays. */
  readonly expiresAt?: Date | undefined;
}

export interface Page {
  readonly after?: string | undefined;
  /** 1 to 1000, default 100. */
  readonly limit?: number | undefined;
}

export interface Document {
  readonly key: string;
  readonly value: Json;
}

export type Change =
  | ({ readonly kind: 'put'; readonly key: string; readonly value: Json } & PutOptions)
  | { readonly kind: 'delete'; readonly key: string };

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
