import { AgentError } from '../../src/lib/errors.ts';
import type { Applied } from '../../src/plugin/contract.ts';
import type { User } from './client.ts';
import type { Deps } from './deps.ts';
import { notEmpty } from './errors.ts';

/** Removes a user of ours; one that has buckets only when told to purge it. Absent is done. */
export async function terminate(
  deps: Deps,
  user: User | undefined,
  purge: boolean,
  signal: AbortSignal,
): Promise<Applied> {
  if (user === undefined) return { changed: false };
  const { client } = deps;
  const buckets = await client.buckets(user.account, signal);
  if (buckets.length > 0 && !purge) throw notEmpty(user.account, buckets);
  if (buckets.length > 0) await empty(deps, user.account, signal);
  await client.remove(user.account, signal);
  return { changed: true };
}

/** Buckets, then keys: without keys no further bucket can be made. Repeating it goes on where it ended. */
async function empty({ client, log }: Deps, account: string, signal: AbortSignal): Promise<void> {
  await client.stopWrites(account, signal);
  for (const { name } of await client.buckets(account, signal)) {
    await client.purgeBucket(account, name, signal);
    log.info({ account, bucket: name }, 'bucket removed with everything in it');
  }
  for (const { accessKey } of await client.keys(account, signal)) await client.deleteKey(account, accessKey, signal);
  const left = await client.buckets(account, signal);
  if (left.length === 0) return;
  throw new AgentError(`account ${account} got another bucket while it was being emptied`, {
    code: 'CROIT_S3_BUCKET_IN_USE',
    disposition: 'transient',
  });
}
