import type { Json } from '../lib/json.ts';

/**
 * What a plugin keeps beside the backend: JSON documents by key. The namespace is the offering's own. Lost with the process
 * unless the configuration names a `state`; a plugin must stay correct when it is empty. A key is 1 to 512 printable ASCII
 * characters without spaces, a value at most 1 MiB of JSON; the errors are `STORE_BAD_KEY` and `STORE_BAD_VALUE` (bug), and
 * `STORE_FAILED` (operator) when the file cannot be used.
 */
export interface Documents {
  get(key: string): Promise<Json | undefined>;
  put(key: string, value: Json, options?: PutOptions): Promise<void>;
  delete(key: string): Promise<void>;
  /** In the order of their keys. `after` is the last key of the page before. */
  list(prefix: string, options?: ListOptions): Promise<readonly Document[]>;
  /** All changes or none. */
  batch(changes: readonly DocumentChange[]): Promise<void>;
  /** Whether documents outlive the process. */
  readonly isDurable: boolean;
}

export interface PutOptions {
  /** When the document may be forgotten; undefined keeps it until it is deleted. */
  readonly expiresAt?: Date;
}

export interface ListOptions {
  readonly after?: string;
  /** At most so many, 1 to 1000. Default 1000. */
  readonly limit?: number;
}

export interface Document {
  readonly key: string;
  readonly value: Json;
}

export type DocumentChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: Json; readonly expiresAt?: Date }
  | { readonly kind: 'delete'; readonly key: string };
