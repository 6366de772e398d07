import { constants } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file system as the registry needs it, one effect per call, so that a test can stop the world between any two. */
export interface RegistryFiles {
  /** Empty when there is no such directory. */
  names(directory: string): Promise<readonly string[]>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  makeDirectory(path: string): Promise<void>;
  /** A file that must not exist yet, readable by its owner only; on disk when this returns. */
  write(path: string, text: string): Promise<void>;
  /** A second name; on disk when this returns. False when that name exists, or the first does not any more. */
  link(from: string, to: string): Promise<boolean>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
}

export const registryFiles: RegistryFiles = {
  names: async (directory) => (await unless('ENOENT', readdir(directory))) ?? [],
  read: (path) => unless('ENOENT', readFile(path, 'utf8')),
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  write: async (path, text) => {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  link: async (from, to) => {
    const made = await unless(
      'EEXIST',
      unless(
        'ENOENT',
        link(from, to).then(() => true),
      ),
    );
    if (made === undefined) return false;
    const directory = await open(dirname(to), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return true;
  },
  remove: (path) => rm(path, { force: true }),
};

/** Undefined for this failure. */
async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
