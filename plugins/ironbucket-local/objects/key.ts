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
/** One byte for each character, and all of them can be in a name but the slash. */
const ASCII = /^[ -~]+$/;

/** @throws StorageError `bad-key`, `key-too-long` for what S3 does not allow either */
export function requireKey(key: string): void {
  if (key.length <= LONGEST_KEY && ASCII.test(key)) return;
  const bytes = Buffer.from(key);
  if (bytes.length > LONGEST_KEY) throw new StorageError('key-too-long');
  if (bytes.toString() !== key) throw refused('it is not valid Unicode');
  if (key === '') throw refused('it is empty');
}

/**
 * The only way from a key to an ordinary path. Undefined for what the layout uses itself (names that begin with a dot,
 * names that end in `.metadata`) and for what a file system cannot tell apart or hold: such a key is escaped.
 */
export function parseKey(key: string): KeyPath | undefined {
  const names = key.split('/');
  const last = names.pop() ?? '';
  if (names.length === 0 && last === '') return undefined;
  if (!names.every((name) => isName(name, LONGEST_NAME))) return undefined;
  if (last !== '' && !isName(last, LONGEST_NAME - SIDECAR_SUFFIX.length)) return undefined;
  return { folders: names, file: last === '' ? undefined : last };
}

/** The folders that every ordinary key with this prefix is in; undefined when none can have it. */
export function parsePrefix(prefix: string): readonly string[] | undefined {
  const end = prefix.lastIndexOf('/');
  return end < 0 ? [] : parseKey(prefix.slice(0, end + 1))?.folders;
}

/** What the layout keeps beside the objects; never served, never counted. */
export function isInternalName(name: string): boolean {
  return name.startsWith('.') || name.endsWith(SIDECAR_SUFFIX);
}

export function refused(why: string): StorageError {
  return new StorageError('bad-key', { message: `This server cannot store an object under this key: ${why}.` });
}

function isName(name: string, longest: number): boolean {
  if (name === '' || isInternalName(name)) return false;
  if (ASCII.test(name)) return name.length <= longest;
  return !/[\0\ud800-\udfff]/u.test(name) && Buffer.byteLength(name) <= longest;
}
