import type { Json } from '../../src/lib/json.ts';
import type { AdminKey, AdminUser } from './madmin/admin.ts';
import type { BucketQuota } from './madmin/quota.ts';
import type { BucketUsage } from './madmin/usage.ts';

/** A bucket of an account as the server has it. */
export interface BucketState {
  readonly name: string;
  readonly quota: BucketQuota;
  readonly versioned: boolean;
  readonly locking: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Null without a rule. */
  readonly lifecycleDays: number | null;
  /** Undefined while the server has not counted it. */
  readonly usage: BucketUsage | undefined;
}

/** Everything there is of an account, in one look. */
export interface Sighting {
  readonly account: string;
  readonly user: AdminUser;
  /** Undefined without one of our name. */
  readonly policy: Json | undefined;
  /** Those the policy names, as far as they exist. */
  readonly buckets: readonly BucketState[];
  readonly keys: readonly AdminKey[];
  readonly scannedAt: Date | undefined;
}
