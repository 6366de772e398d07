import { isBucketName, type Layout } from '../layout.ts';
import { escapeKey } from './escape.ts';
import { type KeyPath, parseKey, requireKey, SIDECAR_SUFFIX } from './key.ts';
import { StorageError } from './storage-error.ts';

/** A place in which an object may be. */
export interface Place {
  readonly key: string;
  /** Directory of the bucket, and the folders below it. */
  readonly root: string;
  readonly folders: readonly string[];
  /** The directory that holds the object. */
  readonly folder: string;
  /** The bytes; undefined for the marker of a folder, which has none. */
  readonly data: string | undefined;
  readonly sidecar: string;
  /** Of the file that is counted, relative to the bucket. */
  readonly path: string;
}

type EscapedPlace = Place & { readonly data: string };

/**
 * The places of a key. An object is where it was put first: in its ordinary place, unless the key is no path or something
 * else is in its way. One in the ordinary place hides another one.
 */
export interface Places {
  readonly bucket: string;
  readonly key: string;
  readonly root: string;
  readonly ordinary: Place | undefined;
  /** Most keys are never looked for there. */
  escaped(): EscapedPlace;
  /** Name of the lock of everything that changes or opens the object. */
  readonly lock: string;
}

/** Parts of uploads and objects that are not complete yet, inside the bucket and so on its file system. */
export const STAGE_FOLDER = '.uploads';
export const MULTIPART_FOLDER = '.multipart';

/** @throws StorageError for keys that S3 does not allow, and for names that no bucket has. */
export function placesOf(layout: Layout, bucket: string, key: string): Places {
  const root = rootOf(layout, bucket);
  requireKey(key);
  const ordinary = parseKey(key);
  let escaped: EscapedPlace | undefined;
  return {
    bucket,
    key,
    root,
    ordinary: ordinary && placeOf(root, key, ordinary),
    escaped: () => {
      escaped ??= escapedPlace(root, key);
      return escaped;
    },
    lock: `${bucket}/${key}`,
  };
}

function escapedPlace(root: string, key: string): EscapedPlace {
  const { folders, file } = escapeKey(key);
  const place = placeOf(root, key, { folders, file });
  return { ...place, data: `${place.folder}/${file}` };
}

/** @throws StorageError `no-bucket`. */
export function rootOf(layout: Layout, bucket: string): string {
  if (!isBucketName(bucket)) throw new StorageError('no-bucket');
  return layout.bucket(bucket);
}

function placeOf(root: string, key: string, { folders, file }: KeyPath): Place {
  // No name of it is empty, a dot or two: there is nothing to normalize.
  const folder = [root, ...folders].join('/');
  return {
    key,
    root,
    folders,
    folder,
    data: file === undefined ? undefined : `${folder}/${file}`,
    sidecar: `${folder}/${file ?? ''}${SIDECAR_SUFFIX}`,
    path: [...folders, file ?? SIDECAR_SUFFIX].join('/'),
  };
}
