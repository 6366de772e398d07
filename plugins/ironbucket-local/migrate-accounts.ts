import { type AccountRecord, formatAccount, parseAllAccounts } from './account-file.ts';
import { type Disk, replaceFile } from './disk.ts';
import type { Layout } from './layout.ts';

/** What earlier versions wrote into one file; empty without it. @throws AgentError operator `IRONBUCKET_FILE_DAMAGED` */
export async function readOldAccounts(disk: Disk, layout: Layout): Promise<ReadonlyMap<string, AccountRecord>> {
  const text = await disk.read(layout.oldAccounts);
  return text === undefined ? new Map() : parseAllAccounts(text, layout.oldAccounts);
}

/**
 * Gives every account of that file one of its own, and removes it last: a crash in between is made good by the next
 * call. An account that has a file already is further on.
 */
export async function migrateAccounts(disk: Disk, layout: Layout): Promise<void> {
  const old = await readOldAccounts(disk, layout);
  for (const [account, record] of old) {
    const path = layout.account(account);
    if ((await disk.identity(path)) === undefined) await replaceFile(disk, path, formatAccount(record), 0o600);
  }
  await disk.removeFile(layout.oldAccounts);
}
