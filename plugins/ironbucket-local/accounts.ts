import { isJsonObject, sameJson } from '../../src/lib/json.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { type Disk, replaceFile } from './disk.ts';
import { damaged, storageGone } from './errors.ts';
import type { Layout } from './layout.ts';

export interface AccountRecord {
  /** The stamp: UUID of the resource that owns the account. */
  readonly resource: string;
  readonly name: string;
  /** The keys exist and open nothing. */
  readonly suspended: boolean;
  readonly keys: readonly KeyPair[];
}

export type AccountRecords = ReadonlyMap<string, AccountRecord>;

/** `accounts.json`: who owns which bucket and with which keys. Only the agent may read it. */
export interface Accounts {
  read(): Promise<AccountRecords>;
  /**
   * Changes one record; undefined removes it. Updates happen one after the other, and those that wait for the disk are
   * written together. Answers whether anything changed.
   */
  update(account: string, change: (record: AccountRecord | undefined) => AccountRecord | undefined): Promise<boolean>;
}

interface Update {
  readonly account: string;
  readonly change: (record: AccountRecord | undefined) => AccountRecord | undefined;
  readonly settle: (outcome: { changed: boolean } | { error: unknown }) => void;
}

export function openAccounts(disk: Disk, layout: Layout): Accounts {
  const texts = new WeakMap<AccountRecord, string>();
  let cached: { identity: string; records: AccountRecords } | undefined;
  let waiting: Update[] = [];
  let writing = false;
  let replacing = false;

  async function read(): Promise<AccountRecords> {
    // The file changes under our own hands: no reason to parse it again.
    if (replacing && cached !== undefined) return cached.records;
    const identity = await disk.identity(layout.accounts);
    if (identity === undefined) return missing();
    if (cached?.identity === identity) return cached.records;
    const text = await disk.read(layout.accounts);
    if (text === undefined) return missing();
    cached = { identity, records: parseAccounts(text, layout.accounts) };
    return cached.records;
  }

  async function missing(): Promise<AccountRecords> {
    if (cached !== undefined || (await disk.kind(layout.root)) === undefined) throw storageGone(layout.root);
    return new Map();
  }

  async function write(records: AccountRecords): Promise<void> {
    await disk.makeDirectory(layout.own, 0o700);
    replacing = true;
    try {
      await replaceFile(disk, layout.accounts, formatAccounts(records, texts), 0o600);
      const identity = await disk.identity(layout.accounts);
      cached = identity === undefined ? undefined : { identity, records };
    } finally {
      replacing = false;
    }
  }

  async function drain(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const updates = waiting;
      waiting = [];
      try {
        const records = new Map(await read());
        const changes = updates.map(({ account, change }) => applyChange(records, account, change));
        if (changes.includes(true)) await write(records);
        for (const [index, { settle }] of updates.entries()) settle({ changed: changes[index] === true });
      } catch (error) {
        for (const { settle } of updates) settle({ error });
      }
    }
    writing = false;
  }

  return {
    read,
    update: (account, change) =>
      new Promise((resolve, reject) => {
        const settle: Update['settle'] = (outcome) =>
          'error' in outcome ? reject(outcome.error as Error) : resolve(outcome.changed);
        waiting.push({ account, change, settle });
        if (!writing) void drain();
      }),
  };
}

function applyChange(records: Map<string, AccountRecord>, account: string, change: Update['change']): boolean {
  const before = records.get(account);
  const after = change(before);
  if (after === undefined) return records.delete(account);
  records.set(account, after);
  return !sameJson(before, after);
}

/** Records are replaced, never changed, so what was formatted once stays right. */
function formatAccounts(records: AccountRecords, texts: WeakMap<AccountRecord, string>): string {
  const entries: string[] = [];
  for (const [account, record] of records) {
    const text = texts.get(record) ?? formatEntry(account, record);
    texts.set(record, text);
    entries.push(text);
  }
  return `{"version": 1, "accounts": {\n${entries.join(',\n')}\n}}\n`;
}

function formatEntry(account: string, { resource, name, suspended, keys }: AccountRecord): string {
  const pairs = keys.map(({ accessKey, secretKey }) => ({ access_key: accessKey, secret_key: secretKey }));
  return `${JSON.stringify(account)}: ${JSON.stringify({ resource, name, suspended, keys: pairs }, null, 1)}`;
}

/** A record that cannot be read stops everything: written back without it, its keys would be lost. */
function parseAccounts(text: string, path: string): AccountRecords {
  const records = new Map<string, AccountRecord>();
  for (const [account, value] of Object.entries(accountsIn(text, path))) {
    const record = parseRecord(value);
    if (record === undefined) throw damaged(path, `the entry of ${account} is not complete`);
    records.set(account, record);
  }
  return records;
}

function accountsIn(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: the parser quotes the text, and the text holds keys.
    throw damaged(path, 'it is not JSON');
  }
  if (!isJsonObject(value) || value['version'] !== 1) throw damaged(path, 'it is not of version 1');
  if (!isJsonObject(value['accounts'])) throw damaged(path, 'it has no accounts');
  return value['accounts'];
}

function parseRecord(value: unknown): AccountRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { resource, name, suspended, keys } = value;
  if (typeof resource !== 'string' || typeof name !== 'string' || typeof suspended !== 'boolean') return undefined;
  const pairs = Array.isArray(keys) ? keys.map(parsePair) : [undefined];
  const complete = pairs.filter((pair) => pair !== undefined);
  return complete.length === pairs.length ? { resource, name, suspended, keys: complete } : undefined;
}

function parsePair(value: unknown): KeyPair | undefined {
  if (!isJsonObject(value)) return undefined;
  const { access_key: accessKey, secret_key: secretKey } = value;
  return typeof accessKey === 'string' && typeof secretKey === 'string' ? { accessKey, secretKey } : undefined;
}
