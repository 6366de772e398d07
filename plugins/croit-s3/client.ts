import type { Check, Window } from '../../src/plugin/contract.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import type { QuotaChange, Scope, ScopeQuota } from './quota.ts';
import type { Point } from './series.ts';

/** A user of the gateway, as both flavours know it. */
export interface User {
  /** The account: `tenant$name` for a user of a tenant. */
  readonly account: string;
  readonly name: string;
  readonly email: string;
  readonly suspended: boolean;
  readonly quotas: Readonly<Record<Scope, ScopeQuota>>;
  readonly placement: string;
  readonly storageClass: string;
  /** Undefined where the backend does not say. */
  readonly maxBuckets?: number;
  /** Undefined where they have to be asked for. */
  readonly keys?: readonly KeyPair[];
}

export interface NewUser {
  readonly account: string;
  readonly name: string;
  readonly email: string;
}

export interface Bucket {
  readonly name: string;
  readonly bytes: bigint;
  readonly objects: bigint;
}

/** Undefined: proved absent. */
export interface Sighting {
  readonly account: string;
  readonly user: User | undefined;
}

/**
 * What croit's management API and the Admin Ops of a RADOS Gateway have in common. Calls about a user that is not there
 * throw `CROIT_S3_USER_NOT_FOUND`. Nothing is retried here.
 */
export interface Client {
  readonly canSuspend: boolean;
  /**
   * One listing where there is one, which several calls about many users may share. A user that cannot be read is left out.
   */
  users(accounts: readonly string[] | 'all', signal: AbortSignal): AsyncIterable<Sighting>;
  /** As it is now. */
  user(account: string, signal: AbortSignal): Promise<User | undefined>;
  /** Those of the names that users have; of a listing that may be a minute old. */
  present(accounts: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** @throws AgentError `CROIT_S3_USER_EXISTS` when the name is taken. */
  create(user: NewUser, signal: AbortSignal): Promise<void>;
  /** What a user that exists already can be given of what `create` sets. Returns whether anything changed. */
  adopt(user: User, signal: AbortSignal): Promise<boolean>;
  /** @throws AgentError `CROIT_S3_NOT_EMPTY` while it has buckets. */
  remove(account: string, signal: AbortSignal): Promise<void>;
  suspend(account: string, suspended: boolean, signal: AbortSignal): Promise<void>;
  setQuota(account: string, scope: Scope, change: QuotaChange, signal: AbortSignal): Promise<void>;
  keys(account: string, signal: AbortSignal): Promise<readonly KeyPair[]>;
  /** @throws AgentError `CROIT_S3_KEY_EXISTS` when another user has the access key. */
  putKey(account: string, pair: KeyPair, signal: AbortSignal): Promise<void>;
  /** Absent is fine. The key must be one that `keys` named. */
  deleteKey(account: string, accessKey: string, signal: AbortSignal): Promise<void>;
  buckets(account: string, signal: AbortSignal): Promise<readonly Bucket[]>;
  /** Nothing can be stored in the account from now on. */
  stopWrites(account: string, signal: AbortSignal): Promise<void>;
  /** Everything in the bucket, and the bucket. Absent is fine; what was interrupted goes on. */
  purgeBucket(account: string, bucket: string, signal: AbortSignal): Promise<void>;
  /** What was stored, in order, from the last sample before the window on where there is one. */
  series(account: string, window: Window, signal: AbortSignal): Promise<readonly Point[]>;
  /** Reachability, credentials and permissions. */
  probe(signal: AbortSignal): Promise<readonly Check[]>;
  close(): void;
}
