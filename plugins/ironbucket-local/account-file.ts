import { isJsonObject } from '../../src/lib/json.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { damaged } from './errors.ts';

export interface AccountRecord {
  /** The stamp: UUID of the resource that owns the account. */
  readonly resource: string;
  readonly name: string;
  /** The keys exist and open nothing. */
  readonly suspended: boolean;
  readonly keys: readonly KeyPair[];
}

export function formatAccount({ resource, name, suspended, keys }: AccountRecord): string {
  const pairs = keys.map(({ accessKey, secretKey }) => ({ access_key: accessKey, secret_key: secretKey }));
  return `${JSON.stringify({ version: 1, resource, name, suspended, keys: pairs }, null, 1)}\n`;
}

/** @throws AgentError operator `IRONBUCKET_FILE_DAMAGED`: written back without what cannot be read, keys would be lost */
export function parseAccount(text: string, path: string): AccountRecord {
  const value = parseVersioned(text, path);
  const record = parseRecord(value);
  if (record === undefined) throw damaged(path, 'it is not complete');
  return record;
}

/** The one file that earlier versions had for all accounts. @throws as `parseAccount` */
export function parseAllAccounts(text: string, path: string): ReadonlyMap<string, AccountRecord> {
  const { accounts } = parseVersioned(text, path);
  if (!isJsonObject(accounts)) throw damaged(path, 'it has no accounts');
  const records = new Map<string, AccountRecord>();
  for (const [account, value] of Object.entries(accounts)) {
    const record = parseRecord(value);
    if (record === undefined) throw damaged(path, `the entry of ${account} is not complete`);
    records.set(account, record);
  }
  return records;
}

function parseVersioned(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: the parser quotes the text, and the text holds keys.
    throw damaged(path, 'it is not JSON');
  }
  if (!isJsonObject(value) || value['version'] !== 1) throw damaged(path, 'it is not of version 1');
  return value;
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
