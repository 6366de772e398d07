import type { Documents } from '../../../src/plugin/contract.ts';
import { registryDamaged } from '../errors.ts';
import { formatRecords, parseRecords, type RegistryRecord } from './record.ts';
import type { RegistryFiles } from './registry-files.ts';
import { createVersionedFile } from './versioned-file.ts';

/**
 * Which resource owns which limit of this host: one file, which only root may read and which commands change, too. What it says is repeated by the
 * stamps on users, directories and subvolumes, by the backend ids that Waldur keeps, and by the agent's store.
 */
export interface Registry {
  all(): Promise<readonly RegistryRecord[]>;
  /**
   * One change after the other; undefined removes the record. `others` are all other records at that moment, so that what
   * is chosen in view of them is chosen once. What `change` throws changes nothing.
   */
  update(key: RecordKey, change: Change): Promise<void>;
  /** The resource that had this account, by the agent's store: for a file that was lost. */
  ownerOf(account: string): Promise<string | undefined>;
}

export type Change = (
  record: RegistryRecord | undefined,
  others: readonly RegistryRecord[],
) => RegistryRecord | undefined;

/** A resource and the name its account was ordered under. */
export interface RecordKey {
  readonly resource: string;
  readonly asked: string;
}

export interface RegistryDeps {
  readonly directory: string;
  readonly files: RegistryFiles;
  readonly store: Documents;
  /** Differs from one process to the next. */
  readonly token: string;
}

const NAME = 'accounts';
const DOCUMENT = 'account/';

export function openRegistry({ directory, files, store, token }: RegistryDeps): Registry {
  const file = createVersionedFile({ files, directory, name: NAME, token });
  let last: Promise<unknown> = Promise.resolve();

  const parse = (text: string | undefined, path: string): readonly RegistryRecord[] => {
    const records = text === undefined ? [] : parseRecords(text);
    if (typeof records === 'string') throw registryDamaged(path, records);
    return records;
  };

  async function change(key: RecordKey, next: Change): Promise<void> {
    let before: RegistryRecord | undefined;
    let after: RegistryRecord | undefined;
    await file.change((text, path) => {
      const records = parse(text, path);
      before = records.find((record) => isOf(record, key));
      const others = records.filter((record) => record !== before);
      after = next(before, others);
      if (after === before) return undefined;
      return formatRecords(after === undefined ? others : [...others, after]);
    });
    if (after === before) return;
    if (after?.account !== undefined) await store.put(DOCUMENT + after.account, after.resource);
    else if (before?.account !== undefined) await store.delete(DOCUMENT + before.account);
  }

  return {
    all: async () => {
      const { text, path } = await file.read();
      return parse(text, path);
    },
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
