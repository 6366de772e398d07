import * as fs from 'node:fs';
import { mkdir, opendir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The file system, one effect per call, so that a test can stop the world between any two. */
export interface Disk {
  /** Undefined when there is no such file. Never follows a link in the last part. */
  read(path: string): Promise<string | undefined>;
  kind(path: string): Promise<'directory' | 'other' | undefined>;
  /** Changes whenever the file is replaced; undefined when there is none. */
  identity(path: string): Promise<string | undefined>;
  names(directory: string): AsyncIterable<string>;
  /** Existing is fine. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** A file that must not exist yet; on disk when this returns, unless `sync` is false. */
  write(path: string, text: string, mode: number, sync?: boolean): Promise<void>;
  /** On disk when this returns, unless `sync` is false. */
  rename(from: string, to: string, sync?: boolean): Promise<void>;
  /** Absent is fine. */
  removeFile(path: string): Promise<void>;
  /** Absent is fine; stops between two files when the signal fires. */
  removeTree(path: string, signal: AbortSignal): Promise<void>;
}

/**
 * Old contents or new, never half: written beside it, flushed, renamed over it. Returns the identity of the new file.
 * Without `sync` that holds for the death of the process, not for that of the machine.
 */
export async function replaceFile(
  disk: Disk,
  path: string,
  text: string,
  mode: number,
  sync = true,
): Promise<string | undefined> {
  const temporary = `${path}.tmp`;
  try {
    await disk.write(temporary, text, mode, sync);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    // A process that died left it.
    await disk.removeFile(temporary);
    await disk.write(temporary, text, mode, sync);
  }
  // Asked for before it gets its name: what another program puts there afterwards has another one.
  const identity = await disk.identity(temporary);
  await disk.rename(temporary, path, sync);
  return identity;
}

// Those of `node:fs/promises` take twice the processor time, because of their handles and the stacks of their errors.
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);
const lstat = promisify(fs.lstat);
const open = promisify(fs.open);
const readFile = promisify(fs.readFile);
const rename = promisify(fs.rename);
const unlink = promisify(fs.unlink);
const writeFile = promisify(fs.writeFile);

export const nodeDisk: Disk = {
  read: (path) =>
    absentIsUndefined(() =>
      withFile(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW, 0, (file) => readFile(file, 'utf8')),
    ),
  kind: (path) => absentIsUndefined(async () => ((await lstat(path)).isDirectory() ? 'directory' : 'other')),
  identity: (path) => absentIsUndefined(async () => identityOf(await lstat(path, { bigint: true }))),
  names: async function* (directory) {
    for await (const { name } of await opendir(directory, { bufferSize: 256 })) yield name;
  },
  makeDirectory: async (path, mode) => {
    await mkdir(path, { mode }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  },
  write: (path, text, mode, sync = true) =>
    withFile(path, 'wx', mode, async (file) => {
      await writeFile(file, text);
      if (sync) await fsync(file);
    }),
  rename: async (from, to, sync = true) => {
    await rename(from, to);
    if (sync) await withFile(dirname(to), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY, 0, fsync);
  },
  removeFile: (path) => absentIsUndefined(() => unlink(path)),
  removeTree: async (path, signal) => {
    await absentIsUndefined(() => removeTree(path, signal));
  },
};

async function withFile<T>(
  path: string,
  flags: string | number,
  mode: number,
  work: (file: number) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, mode);
  try {
    return await work(file);
  } finally {
    await close(file);
  }
}

/** Short, because one is kept for every bucket in memory. */
export function identityOf({ ino, size, mtimeNs }: Readonly<Record<'ino' | 'size' | 'mtimeNs', bigint>>): string {
  return [ino, size, mtimeNs].map((number) => number.toString(36)).join(':');
}

/** `rm -r` of Node reads whole directories and cannot be stopped. */
async function removeTree(directory: string, signal: AbortSignal): Promise<void> {
  for await (const entry of await opendir(directory, { bufferSize: 256 })) {
    signal.throwIfAborted();
    const path = join(directory, entry.name);
    await (entry.isDirectory() ? removeTree(path, signal) : unlink(path));
  }
  try {
    await rmdir(directory);
  } catch (error) {
    // Some file systems skip entries of a directory that shrinks while it is read.
    if (codeOf(error) !== 'ENOTEMPTY') throw error;
    await removeTree(directory, signal);
  }
}

export async function absentIsUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether there is nothing at the path: no such name, or a file where a directory was. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What the operating system calls the failure, for example `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
