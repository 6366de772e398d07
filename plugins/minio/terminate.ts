import type { Action, Applied } from '../../src/plugin/contract.ts';
import { purgeBucket } from '../../src/s3/index.ts';
import { policyName } from './bucket-names.ts';
import type { Deps } from './deps.ts';
import { type Content, nameTaken, notEmpty } from './errors.ts';
import { findOurs } from './ours.ts';
import { bucketsIn, stampOf } from './policy.ts';

type Remove = Extract<Action, { kind: 'delete-account' }>;

/**
 * Removes buckets, then the user with its service accounts, then the policy, whose stamp is needed until the end. Absent is
 * done. What holds data goes only when told to purge.
 */
export async function terminate(deps: Deps, action: Remove, signal: AbortSignal): Promise<Applied> {
  const { account, resource, purge } = action;
  const { admin } = deps.client;
  const ours = await findOurs(deps, action, signal);
  const policy = ours?.policy ?? (await admin.policy(policyName(account), signal));
  if (policy === undefined) return { changed: false };
  // Without a user it is the rest of an account, or the policy of something else.
  if (stampOf(policy) !== resource) {
    if (ours === undefined) return { changed: false };
    throw nameTaken(account);
  }
  const names = bucketsIn(policy);
  if (!purge) await refuseContent(deps, account, names, signal);
  if (purge && ours !== undefined) await admin.enableUser(account, false, signal);
  for (const name of names) {
    await purgeBucket(deps.client.s3, name, signal);
    deps.log.info({ account, bucket: name }, 'bucket removed');
  }
  await admin.removeUser(account, signal);
  await admin.removePolicy(policyName(account), signal);
  return { changed: true };
}

/** Asks the buckets themselves: the count of the scanner may be old. */
async function refuseContent(
  deps: Deps,
  account: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { objects } = deps.client.s3;
  const { buckets } = await deps.usage.read(signal);
  const full: Content[] = [];
  for (const bucket of names) {
    const [version] = await objects.versions(bucket, signal);
    const [upload] = version === undefined ? await objects.uploads(bucket, signal) : [];
    if (version !== undefined || upload !== undefined) full.push({ bucket, bytes: buckets.get(bucket)?.bytes });
  }
  if (full.length > 0) throw notEmpty(account, full);
}
