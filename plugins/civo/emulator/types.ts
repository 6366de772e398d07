import type { KeyPair } from '../../../src/s3/index.ts';

/** Of `GET /v2/regions`, as far as object stores are concerned. */
export interface Region {
  readonly code: string;
  readonly name: string;
  readonly objectStore: boolean;
  readonly outOfCapacity: boolean;
}

export interface Credential {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  keys: KeyPair;
  maxSizeGb: number | undefined;
  suspended: boolean;
  /** Monotonic milliseconds from which on it is `ready`. */
  readyAtMs: number;
  /** Never becomes ready. */
  failed: boolean;
}

export interface Store {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly credential: Credential;
  /** The credential was minted with the store and goes with it. */
  readonly minted: boolean;
  sizeGb: number;
  /** Monotonic milliseconds from which on it is `ready`, or `failed`. */
  readyAtMs: number;
  failed: boolean;
  /** Monotonic milliseconds from which on it is gone; undefined until it is deleted. */
  goneAtMs: number | undefined;
}

/** Where the buckets are: in memory, or in a gateway. A bucket has the name of its store. */
export interface DataPlane {
  /** URL of the S3 API of a region, without a trailing slash. */
  endpoint(region: string): string;
  /** Makes the user of a credential, or replaces its keys. */
  putUser(credential: Credential): Promise<void>;
  removeUser(credential: Credential): Promise<void>;
  makeBucket(store: Store): Promise<void>;
  setQuota(store: Store): Promise<void>;
  stats(store: Store): Promise<{ readonly bytes: number; readonly objects: number }>;
  /** The bucket with everything in it. */
  removeBucket(store: Store): Promise<void>;
  close(): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Thrown by the rules, answered by the server. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(status: number, code: string, reason: string, details?: string) {
    super(reason);
    this.reply = { status, body: { code, reason, ...(details !== undefined && { details }) } };
  }
}
