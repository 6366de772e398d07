import { StorageError } from './storage-error.ts';

/** A key as a path below its bucket. */
export interface KeyPath {
  readonly folders: readonly string[];
  /** Undefined for a key that ends in a slash: the marker of its last folder. */
  readonly file: string | undefined;
}

export const SIDECAR_SUFFIX = '.metadata';
/** Limits of S3 and of every file system this is likely to run on, in bytes of UTF-8. */
const LONGEST_KEY = 1024;
const LONGEST_NAME = 255;

/**
 * The only way from a key to a path. Refused before anything touches the disk: what the layout uses itself (names that
 * begin with a dot, names that end in `.metadata`) and what a file system cannot tell apart or hold.
 *
 * @throws StorageError `bad-key`, `key-too-long`.
 */
export function parseKey(key: string): KeyPath {
  const bytes = Buffer.from(key);
  if (bytes.length > LONGEST_KEY) throw new StorageError('key-too-long');
  if (bytes.toString() !== key) throw refused('it is not valid Unicode');
  const names = key.split('/');
  const last = names.pop() ?? '';
  if (names.length === 0 && last === '') throw refused('it is empty');
  for (const name of names) checkName(name, LONGEST_NAME);
  if (last !== '') checkName(last, LONGEST_NAME - SIDECAR_SUFFIX.length);
  return { folders: names, file: last === '' ? undefined : last };
}

/** The folders that every key with this prefix is in; undefined when no key can have it. */
export function parsePrefix(prefix: string): readonly string[] | undefined {
  const end = prefix.lastIndexOf('/');
  if (end < 0) return [];
  try {
    return parseKey(prefix.slice(0, end + 1)).folders;
  } catch {
    return undefined;
  }
}

/** What the layout keeps beside the objects; never served, never counted. */
export function isInternalName(name: string): boolean {
  return name.startsWith('.') || name.endsWith(SIDECAR_SUFFIX);
}

export function refused(why: string): StorageError {
  return new StorageError('bad-key', { message: `This server cannot store an object under this key: ${why}.` });
}

function checkName(name: string, longest: number): void {
  if (name === '') throw refused('it has an empty part, a slash at the beginning or two in a row');
  if (name.startsWith('.')) throw refused('a part of it begins with a dot');
  if (name.endsWith(SIDECAR_SUFFIX)) throw refused(`a part of it ends in ${SIDECAR_SUFFIX}`);
  if (name.includes('\0')) throw refused('it contains a NUL character');
  if (Buffer.byteLength(name) > longest) {
    const message = `A part of this key between two slashes is longer than ${longest} bytes.`;
    throw new StorageError('key-too-long', { message });
  }
}
