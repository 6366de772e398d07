import type { Json } from '../../../src/lib/json.ts';
import type { Caller } from './permissions.ts';
import type { State } from './state.ts';

/** A call of the admin API that was understood and whose signature holds. */
export interface AdminCall {
  readonly state: State;
  readonly caller: Caller;
  readonly now: Date;
  /** Empty for one that is missing. */
  query(name: string): string;
  has(name: string): boolean;
  /** As it came. */
  readonly body: Buffer;
  readonly contentType: string;
  /** Whether its length was announced. */
  readonly measured: boolean;
  /** The body as JSON, decrypted where the prefix encrypts. Whatever is wrong with it becomes `failure`. */
  secret(failure: (cause: string) => Error): Promise<Json>;
  bucketExists(bucket: string): boolean | Promise<boolean>;
  buckets(): readonly BucketDetails[] | Promise<readonly BucketDetails[]>;
  random(bytes: number): Uint8Array;
}

export interface BucketDetails {
  readonly name: string;
  readonly created: Date;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly versioning: boolean;
  readonly suspended: boolean;
  readonly locking: boolean;
}

export interface AdminAnswer {
  readonly status?: number;
  readonly json?: Json;
  /** With the secret key of the caller, where the prefix encrypts. */
  readonly encrypted?: boolean;
  /** Written with blanks and as text, as policies are. */
  readonly pretty?: boolean;
}

export interface AdminRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  /** Parameters without which the route does not exist. */
  readonly needs?: readonly string[];
  /** What a policy must allow; a route without one checks for itself. */
  readonly action?: string;
  readonly handle: (call: AdminCall) => Promise<AdminAnswer> | AdminAnswer;
}

export const DONE: AdminAnswer = {};
export const NO_CONTENT: AdminAnswer = { status: 204 };

/** As Go writes "never". */
export const NEVER = '0001-01-01T00:00:00Z';
