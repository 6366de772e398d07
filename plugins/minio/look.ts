import { forAccounts } from '../../src/lib/for-accounts.ts';
import type { Json } from '../../src/lib/json.ts';
import { isUserName, policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { CODES, unless } from './errors.ts';
import type { AdminKey, AdminUser } from './madmin/admin.ts';
import type { BucketFacts } from './madmin/usage.ts';
import { bucketsIn } from './policy.ts';
import type { BucketState, Sighting } from './sighting.ts';
import { hasLifecycle } from './tags.ts';

/** Undefined: proved absent. */
export type Look = readonly [account: string, sighting: Sighting | undefined];

/** Up to so many accounts are asked for one by one; more of them, or all, are read from listings. */
const FEW = 4;

/** What there is of these accounts, or of all users. One that cannot be read is left out. */
export async function* lookAt(
  deps: Deps,
  accounts: readonly string[] | 'all',
  signal: AbortSignal,
): AsyncGenerator<Look> {
  if (accounts !== 'all' && accounts.length <= FEW) {
    yield* forAccounts(accounts.filter(isUserName), deps.log, signal, async (account) => [
      account,
      await lookAtOne(deps, account, signal),
    ]);
    return;
  }
  const listings = await readListings(deps, signal);
  const names = accounts === 'all' ? listings.users.keys() : accounts;
  yield* forAccounts(names, deps.log, signal, async (account) => [
    account,
    await fromListings(deps, listings, account, signal),
  ]);
}

export async function lookAtOne(deps: Deps, account: string, signal: AbortSignal): Promise<Sighting | undefined> {
  const { admin } = deps.client;
  const user = await admin.user(account, signal);
  if (user === undefined) return undefined;
  const policy = await admin.policy(policyName(account), signal);
  const keys = await admin.keys(account, signal);
  const { scannedAt } = await deps.usage.read(signal);
  const buckets = [];
  for (const name of bucketsIn(policy)) {
    const bucket = await lookAtBucket(deps, name, signal);
    if (bucket !== undefined) buckets.push(bucket);
  }
  return { account, user, policy, buckets, keys, scannedAt };
}

/** Undefined when there is none. */
export async function lookAtBucket(deps: Deps, name: string, signal: AbortSignal): Promise<BucketState | undefined> {
  const { admin, s3 } = deps.client;
  const quota = await unless([CODES.noSuchBucket], undefined, admin.quota(name, signal));
  if (quota === undefined) return undefined;
  const tags = await s3.documents.tags(name, signal);
  const versioned = (await s3.documents.versioning(name, signal)) === 'Enabled';
  // Locks need versions.
  const locking = versioned && (await s3.documents.objectLock(name, signal));
  return complete(deps, { name, quota, versioned, locking, tags }, signal);
}

interface Listings {
  readonly users: ReadonlyMap<string, AdminUser>;
  readonly policies: ReadonlyMap<string, Json>;
  readonly keys: ReadonlyMap<string, readonly AdminKey[]>;
  readonly buckets: ReadonlyMap<string, BucketFacts>;
  readonly scannedAt: Date | undefined;
}

/** Five requests, however many accounts there are. */
async function readListings(deps: Deps, signal: AbortSignal): Promise<Listings> {
  const { admin } = deps.client;
  const users = await admin.users(signal);
  const policies = await admin.policies(signal);
  const keys = await admin.allKeys(signal);
  const buckets = new Map((await admin.buckets(signal)).map((bucket) => [bucket.name, bucket]));
  const { scannedAt } = await deps.usage.read(signal);
  return { users, policies, keys, buckets, scannedAt };
}

async function fromListings(
  deps: Deps,
  { users, policies, keys, buckets: facts, scannedAt }: Listings,
  account: string,
  signal: AbortSignal,
): Promise<Sighting | undefined> {
  const user = users.get(account);
  if (user === undefined) return undefined;
  const policy = policies.get(policyName(account));
  const buckets = [];
  for (const name of bucketsIn(policy)) {
    const found = facts.get(name);
    if (found !== undefined) buckets.push(await complete(deps, found, signal));
  }
  // Of all keys the listing says that they are there, and not whether they are switched off.
  const shown = (keys.get(account) ?? []).map((key) => ({ ...key, enabled: !deps.keyWatch.isOff(account, key.id) }));
  return { account, user, policy, buckets, keys: shown, scannedAt };
}

/** Expiry is read only where a tag says that it was ordered. */
async function complete(deps: Deps, facts: BucketFacts, signal: AbortSignal): Promise<BucketState> {
  const { s3 } = deps.client;
  const rules = hasLifecycle(facts.tags) ? await s3.documents.lifecycle(facts.name, signal) : [];
  const rule = rules.find(({ id, enabled }) => id === LIFECYCLE_RULE && enabled);
  const { buckets } = await deps.usage.read(signal);
  return { ...facts, lifecycleDays: rule?.expireDays ?? null, usage: buckets.get(facts.name) };
}

export const LIFECYCLE_RULE = 'waldur-expiry';
