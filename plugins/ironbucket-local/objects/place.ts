import { join } from 'node:path';
import { isBucketName, type Layout } from '../layout.ts';
import { parseKey, SIDECAR_SUFFIX } from './key.ts';
import { StorageError } from './storage-error.ts';

/** Where an object is. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  /** Directory of the bucket, and the folders of the key below it. */
  readonly root: string;
  readonly folders: readonly string[];
  /** The directory that holds the object. */
  readonly folder: string;
  /** The bytes; undefined for the marker of a folder, which has none. */
  readonly data: string | undefined;
  readonly sidecar: string;
  /** Name of the lock of everything that changes or opens the object. */
  readonly lock: string;
}

/** Parts of uploads and objects that are not complete yet, inside the bucket and so on its file system. */
export const STAGE_FOLDER = '.uploads';
export const MULTIPART_FOLDER = '.multipart';

/** @throws StorageError for keys that this layout cannot hold, and for names that no bucket has. */
export function placeOf(layout: Layout, bucket: string, key: string): Place {
  const root = rootOf(layout, bucket);
  const { folders, file } = parseKey(key);
  const folder = join(root, ...folders);
  return {
    bucket,
    key,
    root,
    folders,
    folder,
    data: file === undefined ? undefined : join(folder, file),
    sidecar: join(folder, `${file ?? ''}${SIDECAR_SUFFIX}`),
    lock: `${bucket}/${key}`,
  };
}

/** @throws StorageError `no-bucket`. */
export function rootOf(layout: Layout, bucket: string): string {
  if (!isBucketName(bucket)) throw new StorageError('no-bucket');
  return layout.bucket(bucket);
}
