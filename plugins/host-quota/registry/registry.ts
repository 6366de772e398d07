import { join } from 'node:path';
import type { Documents } from '../../../src/plugin/contract.ts';
import { registryDamaged } from '../errors.ts';
import { formatRecords, parseRecords, type RegistryRecord } from './record.ts';
import { type RegistryFiles, replaceFile } from './registry-files.ts';

/**
 * Which resource owns which limit of this host: one file, which only root may read. What it says is repeated by the
 * stamps on users, directories and subvolumes, by the backend ids that Waldur keeps, and by the agent's store.
 */
export interface Registry {
  all(): Promise<readonly RegistryRecord[]>;
  /** One change after the other; undefined removes the record. */
  update(key: RecordKey, change: (record: RegistryRecord | undefined) => RegistryRecord | undefined): Promise<void>;
  /** The resource that had this account, by the agent's store: for a file that was lost. */
  ownerOf(account: string): Promise<string | undefined>;
}

/** A resource and the name its account was ordered under. */
export interface RecordKey {
  readonly resource: string;
  readonly asked: string;
}

export interface RegistryDeps {
  readonly directory: string;
  readonly files: RegistryFiles;
  readonly store: Documents;
}

const FILE = 'accounts.json';
const DOCUMENT = 'account/';

export function openRegistry({ directory, files, store }: RegistryDeps): Registry {
  const path = join(directory, FILE);
  let last: Promise<unknown> = Promise.resolve();

  async function read(): Promise<readonly RegistryRecord[]> {
    const text = await files.read(path);
    const records = text === undefined ? [] : parseRecords(text);
    if (typeof records === 'string') throw registryDamaged(path, records);
    return records;
  }

  async function change(
    key: RecordKey,
    next: (record: RegistryRecord | undefined) => RegistryRecord | undefined,
  ): Promise<void> {
    const records = await read();
    const before = records.find((record) => isOf(record, key));
    const after = next(before);
    if (after === before) return;
    const others = records.filter((record) => record !== before);
    const text = formatRecords(after === undefined ? others : [...others, after]);
    await replaceFile(files, directory, path, text);
    if (after?.account !== undefined) await store.put(DOCUMENT + after.account, after.resource);
    else if (before?.account !== undefined) await store.delete(DOCUMENT + before.account);
  }

  return {
    all: read,
    update: (key, next) => {
      const mine = last.then(() => change(key, next));
      last = mine.catch(() => undefined);
      return mine;
    },
    ownerOf: async (account) => {
      const owner = await store.get(DOCUMENT + account);
      return typeof owner === 'string' ? owner : undefined;
    },
  };
}

function isOf(record: RecordKey, { resource, asked }: RecordKey): boolean {
  return record.resource === resource && record.asked === asked;
}
