import type { JsonObject } from '../../src/lib/json.ts';
import type { Action, Applied } from '../../src/plugin/contract.ts';
import { attachPolicy } from './attach-policy.ts';
import { readWanted, type Wanted } from './attributes.ts';
import { bucketNames, checkBucketName, policyName } from './bucket-names.ts';
import { writeLifecycle } from './configure.ts';
import type { Deps } from './deps.ts';
import { nameTaken } from './errors.ts';
import { checkLimits } from './limits.ts';
import { bucketsIn, isWritable, policyOf, samePolicy, stampOf } from './policy.ts';
import { limit } from './set-quota.ts';
import { readStamp, sameTags, tagsFor } from './tags.ts';

type Create = Extract<Action, { kind: 'create-account' }>;

/**
 * Makes an account, or what is missing of one of ours. In this order: the policy carries the stamp, so everything made after
 * it is known to be ours by whoever repeats this after a crash.
 */
export async function provision(deps: Deps, action: Create, signal: AbortSignal): Promise<Applied> {
  const { account, resource, quota, attributes } = action;
  checkLimits(quota);
  const { admin } = deps.client;
  const wanted = readWanted(attributes);
  // Never add a user before: it would replace the secret of a stranger of that name.
  const user = await admin.user(account, signal);
  const policy = await admin.policy(policyName(account), signal);
  if (policy === undefined ? user !== undefined : stampOf(policy) !== resource) throw nameTaken(account);
  const names = policy === undefined ? chosenNames(deps, account, wanted) : bucketsIn(policy);
  if (policy === undefined) await claim(deps, action, names, signal);
  const granted = await grant(
    deps,
    account,
    policyOf({ resource, buckets: names, writable: policy === undefined || isWritable(policy) }),
    policy,
    signal,
  );
  let changed = granted || user === undefined;
  for (const name of names) {
    if (await makeBucket(deps, { name, resource, wanted, isNew: policy === undefined }, signal)) changed = true;
  }
  if (quota.bytes !== undefined && (await limit(deps, names, quota.bytes, signal, policy === undefined)))
    changed = true;
  if (user === undefined) {
    // This secret is never used: consumers get service accounts, which can be taken back one by one.
    await admin.putUser(account, Buffer.from(deps.random(30)).toString('base64url'), signal);
  }
  if (await attachPolicy(deps, account, user, signal)) changed = true;
  return { changed };
}

function chosenNames({ settings }: Deps, account: string, { bucketName }: Wanted): readonly string[] {
  const names = bucketName === undefined ? bucketNames(settings.buckets, account) : [bucketName];
  return names.map(checkBucketName);
}

/** @throws AgentError terminal `MINIO_NAME_TAKEN` when one of the buckets is there and not ours */
async function claim({ client }: Deps, { account, resource }: Create, names: readonly string[], signal: AbortSignal) {
  for (const name of names) {
    if (!(await client.s3.buckets.exists(name, signal))) continue;
    if (readStamp(await client.s3.documents.tags(name, signal)) !== resource) throw nameTaken(account);
  }
}

/** Returns whether the policy had to be written. */
export async function grant(
  { client }: Deps,
  account: string,
  wanted: JsonObject,
  now: Awaited<ReturnType<Deps['client']['admin']['policy']>>,
  signal: AbortSignal,
): Promise<boolean> {
  if (now !== undefined && samePolicy(now, wanted)) return false;
  await client.admin.putPolicy(policyName(account), wanted, signal);
  return true;
}

interface BucketOrder {
  readonly name: string;
  readonly resource: string;
  readonly wanted: Wanted;
  /** Proved absent a moment ago: what an existing one may have need not be read. */
  readonly isNew: boolean;
}

/** Returns whether anything had to be made. */
export async function makeBucket(deps: Deps, order: BucketOrder, signal: AbortSignal): Promise<boolean> {
  const { name, resource, wanted, isNew } = order;
  const { buckets, documents } = deps.client.s3;
  const made = await buckets.create(name, deps.settings.region, signal, wanted.objectLock);
  const tags = made && isNew ? {} : await documents.tags(name, signal);
  const owner = readStamp(tags);
  if (owner !== undefined && owner !== resource) throw nameTaken(name);
  // One that has our stamp is complete in what was ordered for it, or was changed since: attributes are compared elsewhere.
  if (owner === resource) return made;
  const full = tagsFor(resource, wanted.tags ?? {}, wanted.lifecycleDays !== undefined);
  if (wanted.versioning === true && !wanted.objectLock) await documents.setVersioning(name, 'Enabled', signal);
  if (wanted.lifecycleDays !== undefined) await writeLifecycle(deps, name, wanted.lifecycleDays, signal);
  if (!sameTags(tags, full)) await documents.setTags(name, full, signal);
  return true;
}
