import { sameJson } from '../../src/lib/json.ts';
import { createKeyedLock } from '../../src/lib/keyed-lock.ts';
import { type AccountRecord, formatAccount, parseAccount } from './account-file.ts';
import { type Disk, isAbsent, replaceFile } from './disk.ts';
import { storageGone } from './errors.ts';
import { isBucketName, type Layout } from './layout.ts';
import { migrateAccounts, readOldAccounts } from './migrate-accounts.ts';

export type { AccountRecord } from './account-file.ts';

/**
 * Who owns which bucket and with which keys: a file for each account, which only the agent may read. What is in memory is
 * compared with the file before it is believed, so an edit by hand and another process are noticed.
 */
export interface Accounts {
  /** @throws AgentError operator `IRONBUCKET_FILE_DAMAGED`, `IRONBUCKET_STORAGE_GONE` */
  get(account: string): Promise<AccountRecord | undefined>;
  /**
   * @throws AgentError operator `IRONBUCKET_STORAGE_GONE`, or `IRONBUCKET_FILE_DAMAGED` for a file of an earlier version,
   * which may speak of any account; what the operating system says when it cannot be looked at
   */
  requireStorage(): Promise<void>;
  /** Those that there are. */
  names(): Promise<readonly string[]>;
  /** The account that has this access key. One whose file is damaged has none. */
  holderOf(accessKey: string): Promise<{ readonly account: string; readonly record: AccountRecord } | undefined>;
  /** Changes one record; undefined removes it. Returns whether anything changed. */
  update(account: string, change: (record: AccountRecord | undefined) => AccountRecord | undefined): Promise<boolean>;
  /** Another thread changed one, and the directory from what it was `before`: saves a look at all of them. */
  notice: (...changed: Parameters<AccountsChanged>) => Promise<void>;
}

export type AccountsChanged = (account: string, before: string | undefined, after: string | undefined) => void;

interface Known {
  readonly identity: string;
  readonly record: AccountRecord;
}

export function openAccounts(disk: Disk, layout: Layout, changed?: AccountsChanged): Accounts {
  const lock = createKeyedLock();
  const known = new Map<string, Known>();
  const byKey = new Map<string, string>();
  /** Of the directory when it was listed last. */
  let listed: string | undefined;
  let listing: Promise<void> | undefined;
  let seen = false;
  /** Of our own directory when it had the directory of accounts, and no file of an earlier version. */
  let settled: string | undefined;
  let migration: Promise<void> | undefined;

  function remember(account: string, identity: string, record: AccountRecord): void {
    forget(account);
    known.set(account, { identity, record });
    for (const { accessKey } of record.keys) byKey.set(accessKey, account);
  }

  function forget(account: string): void {
    for (const { accessKey } of known.get(account)?.record.keys ?? [])
      if (byKey.get(accessKey) === account) byKey.delete(accessKey);
    known.delete(account);
  }

  const get = (account: string): Promise<AccountRecord | undefined> => find(account, readOld);

  async function find(account: string, earlier: typeof readOld): Promise<AccountRecord | undefined> {
    if (!isBucketName(account)) return undefined;
    const path = layout.account(account);
    const identity = await disk.identity(path);
    const before = known.get(account);
    if (identity !== undefined && before?.identity === identity) return before.record;
    const text = identity === undefined ? undefined : await disk.read(path);
    if (identity === undefined || text === undefined) {
      forget(account);
      // It may be in the file of an earlier version; and a storage that is gone must not look like one without accounts.
      return (await earlier()).get(account);
    }
    const record = parseAccount(text, path);
    remember(account, identity, record);
    seen = true;
    return record;
  }

  /** The accounts in the file of an earlier version; asks for the storage first. Costs one look while nothing changes. */
  async function readOld(): Promise<ReadonlyMap<string, AccountRecord>> {
    const own = await disk.identity(layout.own);
    if (own !== undefined && own === settled) return NO_ACCOUNTS;
    settled = undefined;
    const there = await disk.identity(layout.accounts);
    if (there !== undefined) seen = true;
    else if (seen || (await disk.kind(layout.root)) === undefined) throw storageGone(layout.root);
    const old = await readOldAccounts(disk, layout);
    if (there !== undefined && old.size === 0) settled = own;
    return old;
  }

  async function names(): Promise<readonly string[]> {
    const found = new Set((await readOld()).keys());
    try {
      for await (const name of disk.names(layout.accounts)) {
        const account = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
        if (isBucketName(account)) found.add(account);
      }
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    return [...found];
  }

  /** Reads what another process wrote since the last time, when there is anything. */
  async function refresh(): Promise<void> {
    const identity = await disk.identity(layout.accounts);
    if (identity !== undefined && identity === listed) return;
    const all = await names();
    const there = new Set(all);
    for (const account of known.keys()) if (!there.has(account)) forget(account);
    for (const account of all) {
      const record = await get(account).catch(() => undefined);
      // Of an earlier version: no file of its own to compare it with.
      for (const { accessKey } of record?.keys ?? []) byKey.set(accessKey, account);
    }
    listed = identity;
  }

  async function write(account: string, record: AccountRecord | undefined): Promise<void> {
    const before = await disk.identity(layout.accounts);
    const path = layout.account(account);
    if (record === undefined) await disk.removeFile(path);
    else {
      const identity = await replaceFile(disk, path, formatAccount(record), 0o600);
      if (identity !== undefined) remember(account, identity, record);
    }
    if (record === undefined) forget(account);
    // What is in memory is what is there, unless another process wrote as well.
    const after = await disk.identity(layout.accounts);
    if (before === listed) listed = after;
    changed?.(account, before, after);
  }

  return {
    get,
    requireStorage: async () => {
      await readOld();
    },
    names,
    notice: async (account, before, after) => {
      await get(account);
      if (before === listed) listed = after;
    },
    holderOf: async (accessKey) => {
      if (!byKey.has(accessKey)) {
        listing ??= refresh().finally(() => {
          listing = undefined;
        });
        await listing;
      }
      const account = byKey.get(accessKey);
      const record = account === undefined ? undefined : await get(account);
      const isTheirs = record?.keys.some((pair) => pair.accessKey === accessKey) === true;
      return account !== undefined && record !== undefined && isTheirs ? { account, record } : undefined;
    },
    update: (account, change) =>
      lock.hold(account, async () => {
        await readOld();
        if (settled === undefined) {
          await disk.makeDirectory(layout.own, 0o700);
          await disk.makeDirectory(layout.accounts, 0o700);
        }
        // Before the first change, and once: nothing of ours writes that file any more.
        migration ??= migrateAccounts(disk, layout).catch((error: unknown) => {
          migration = undefined;
          throw error;
        });
        await migration;
        const before = await (settled === undefined ? get(account) : find(account, async () => NO_ACCOUNTS));
        const after = change(before);
        if (after === before || (after !== undefined && before !== undefined && sameJson(before, after))) return false;
        await write(account, after);
        return true;
      }),
  };
}

const NO_ACCOUNTS: ReadonlyMap<string, AccountRecord> = new Map();
