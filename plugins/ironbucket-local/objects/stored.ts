import { createHash } from 'node:crypto';
import type { FileFacts } from './files.ts';
import type { Description, Sidecar } from './sidecar.ts';

/** An object as it is on disk, without its bytes. */
export interface StoredObject extends Description {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modified: Date;
  /** The bytes are not those of the object: another server stored them encrypted. */
  readonly encrypted: boolean;
}

/** Facts of the file and its sidecar, together. The file is right when the two disagree. */
export function describeFile(key: string, facts: FileFacts, sidecar: Sidecar | undefined): StoredObject {
  const { size, modified } = facts;
  if (sidecar === undefined)
    return { key, size, etag: etagOf(facts), modified, encrypted: false, contentType: undefined, metadata: {} };
  if (sidecar.size === size && sidecar.key === key) return sidecar;
  if (sidecar.size === size || sidecar.encrypted) return { ...sidecar, key, size };
  // Another program replaced the bytes: what was computed from the old ones is wrong.
  return { ...sidecar, key, size, etag: etagOf(facts), modified, checksums: undefined, partSizes: undefined };
}

/** The marker of a folder: a sidecar and no bytes. */
export function describeMarker(key: string, facts: FileFacts, sidecar: Sidecar | undefined): StoredObject {
  const { modified } = facts;
  const none = { contentType: undefined, metadata: {}, etag: EMPTY_MD5, modified };
  return { ...none, ...sidecar, key, size: 0, encrypted: false };
}

export const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

/**
 * For a file that was not stored through S3: the same until it changes. The number behind the dash is what ETags of
 * multipart uploads have, so that no client takes it for an MD5.
 */
function etagOf({ identity, size }: FileFacts): string {
  return `${createHash('sha256').update(`${identity}:${size}`).digest('hex').slice(0, 32)}-1`;
}
