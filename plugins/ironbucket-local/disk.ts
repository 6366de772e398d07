import { constants } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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
  await disk.removeFile(temporary);
  await disk.write(temporary, text, mode, sync);
  // Asked for before it gets its name: what another program puts there afterwards has another one.
  const identity = await disk.identity(temporary);
  await disk.rename(temporary, path, sync);
  return identity;
}

export const nodeDisk: Disk = {
  read: (path) =>
    absentIsUndefined(async () => {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return await file.readFile('utf8');
      } finally {
        await file.close();
      }
    }),
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
  write: async (path, text, mode, sync = true) => {
    const file = await open(path, 'wx', mode);
    try {
      await file.writeFile(text);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
  },
  rename: async (from, to, sync = true) => {
    await rename(from, to);
    if (!sync) return;
    const directory = await open(dirname(to), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  removeFile: (path) => absentIsUndefined(() => unlink(path)),
  removeTree: async (path, signal) => {
    await absentIsUndefined(() => removeTree(path, signal));
  },
};

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
