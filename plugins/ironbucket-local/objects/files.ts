import { constants } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absentIsUndefined, codeOf } from '../disk.ts';

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  readonly modified: Date;
  /** Numbers that change with the contents, cheaper than `identity` and not as exact: within a microsecond, and 2^53 files. */
  readonly modifiedMs: number;
  readonly inode: number;
  /** When it got its name or its contents, whatever came last: the time of the last change of its inode. */
  readonly placedMs: number;
  readonly created: Date;
  /** Changes with the contents: inode and modification time. */
  readonly identity: string;
}

/** A file that is being written. */
export interface NewFile {
  /** Writes all of them, one behind the other; they must not change before it is done. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** A file that stays readable whatever happens to its name. */
export interface OpenFile {
  readonly facts: FileFacts;
  /** Fills `buffer` from `position` on; returns how many bytes there were. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

/**
 * What objects need of the file system, one effect per call. No call follows a link in the last part of a path, and none
 * makes a directory that was not asked for.
 */
export interface Files {
  facts(path: string): Promise<FileFacts | undefined>;
  /** Undefined when there is none; a directory or a device is none. */
  open(path: string): Promise<OpenFile | undefined>;
  entries(directory: string): AsyncIterable<Entry>;
  /** @throws ENOENT without its directory, EEXIST when there is one. */
  create(path: string): Promise<NewFile>;
  move(from: string, to: string): Promise<void>;
  /** The same where there is a file: some file systems write the new one out before it takes its place, which takes long. */
  replace(from: string, to: string): Promise<void>;
  /** Returns whether there was one. */
  remove(path: string): Promise<boolean>;
  /** Existing is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Returns false when it is not there or not empty. */
  removeDirectory(path: string): Promise<boolean>;
}

/** With `fsync`, everything is on disk when a call returns; without, a crash of the machine may cost the last seconds. */
export function nodeFiles({ fsync }: { readonly fsync: boolean }): Files {
  const settled = async (path: string): Promise<void> => {
    if (fsync) await syncDirectory(dirname(path));
  };
  const move = async (from: string, to: string): Promise<void> => {
    await rename(from, to);
    await settled(to);
  };
  return {
    facts: (path) => absentIsUndefined(async () => factsOf(await lstat(path, { bigint: true }))),
    open: openFile,
    entries: async function* (directory) {
      for await (const entry of await opendir(directory, { bufferSize: 1024 })) {
        const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other';
        yield { name: entry.name, kind };
      }
    },
    create: async (path) => {
      const file = await open(path, 'wx', 0o666);
      return {
        write: async (chunks) => {
          let left = chunks.filter(({ length }) => length > 0);
          while (left.length > 0) left = behind(left, (await file.writev(left)).bytesWritten);
        },
        close: async () => {
          try {
            if (fsync) await file.sync();
          } finally {
            await file.close();
          }
        },
      };
    },
    move,
    replace: move,
    remove: async (path) => {
      const removed = (await absentIsUndefined(async () => ({ done: await unlink(path) }))) !== undefined;
      if (removed) await settled(path);
      return removed;
    },
    makeDirectory: async (path) => {
      try {
        await mkdir(path);
        await settled(path);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    },
    removeDirectory: async (path) => {
      try {
        await rmdir(path);
        return true;
      } catch (error) {
        if (NOT_REMOVED.has(codeOf(error))) return false;
        throw error;
      }
    },
  };
}

export const NOT_REMOVED: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

async function openFile(path: string): Promise<OpenFile | undefined> {
  // Without O_NONBLOCK, opening a pipe that another program left there would never return.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    if (NO_FILE.has(codeOf(error))) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const facts = factsOf(await file.stat({ bigint: true }));
    if (facts.kind === 'file') {
      return {
        facts,
        read: async (buffer, position) => (await file.read(buffer, 0, buffer.length, position)).bytesRead,
        close: () => file.close(),
      };
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** A link, a folder where a file should be or a file where a folder should be: no object in any of these cases. */
export const NO_FILE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG']);

function factsOf(stats: {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly size: bigint;
  readonly ino: bigint;
  readonly mtime: Date;
  readonly birthtime: Date;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}): FileFacts {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return {
    kind,
    size: Number(stats.size),
    modified: stats.mtime,
    modifiedMs: milliseconds(stats.mtimeNs),
    inode: Number(stats.ino),
    placedMs: milliseconds(stats.ctimeNs),
    created: stats.birthtime,
    identity: `${stats.ino}:${stats.mtimeNs}`,
  };
}

function milliseconds(ns: bigint): number {
  return Number(ns / 1000n) / 1000;
}

/** What is left when the first `bytes` are written. */
export function behind(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (chunk.length > bytes) left.push(chunk.subarray(bytes));
    bytes = Math.max(0, bytes - chunk.length);
  }
  return left;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
