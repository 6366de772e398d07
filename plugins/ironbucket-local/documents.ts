import { join } from 'node:path';
import type { KeyedLock } from '../../src/lib/keyed-lock.ts';
import { createKeyedLock } from '../../src/lib/keyed-lock.ts';
import { type Disk, replaceFile } from './disk.ts';
import type { Layout } from './layout.ts';

/** Documents that a bucket has beside its objects, under the names that IronBucket gives them. */
export type DocumentName = 'cors' | 'tagging';

export interface Documents {
  /** Undefined when there is none. */
  read(bucket: string, name: DocumentName): Promise<string | undefined>;
  write(bucket: string, name: DocumentName, text: string): Promise<void>;
  /** Absent is fine. */
  remove(bucket: string, name: DocumentName): Promise<void>;
}

export function openDocuments(disk: Disk, layout: Layout): Documents {
  const lock: KeyedLock = createKeyedLock();
  const pathOf = (bucket: string, name: DocumentName): string => join(layout.bucket(bucket), `.${name}`);
  return {
    read: (bucket, name) => disk.read(pathOf(bucket, name)),
    write: (bucket, name, text) => {
      const path = pathOf(bucket, name);
      return lock.hold(path, async () => void (await replaceFile(disk, path, text, 0o666)));
    },
    remove: (bucket, name) => {
      const path = pathOf(bucket, name);
      return lock.hold(path, () => disk.removeFile(path));
    },
  };
}
