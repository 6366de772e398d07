import type { AccountRecord } from './accounts.ts';
import type { Deps } from './deps.ts';
import { isBucketName } from './layout.ts';
import { readStamp } from './stamp.ts';

/** What there is of an account. It exists exactly when its directory does. */
export interface Sight {
  readonly kind: 'directory' | 'other' | undefined;
  /** The stamp; undefined when there is none, or when two disagree. */
  readonly owner: string | undefined;
  readonly record: AccountRecord | undefined;
}

export async function look(deps: Deps, account: string): Promise<Sight> {
  const record = await deps.accounts.get(account);
  if (!isBucketName(account)) return { kind: undefined, owner: undefined, record };
  const directory = deps.layout.bucket(account);
  const kind = await deps.disk.kind(directory);
  // The S3 server may write its own document over the stamp; the record still knows.
  const stamp = kind === 'directory' ? await readStamp(deps.disk, directory) : undefined;
  const agree = stamp === undefined || record === undefined || stamp === record.resource;
  return { kind, owner: agree ? (stamp ?? record?.resource) : undefined, record };
}
