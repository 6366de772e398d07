import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file system as the registry needs it, one effect per call, so that a test can stop the world between any two. */
export interface RegistryFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  makeDirectory(path: string): Promise<void>;
  /** A file that must not exist yet, readable by its owner only; on disk when this returns. */
  write(path: string, text: string): Promise<void>;
  /** On disk when this returns. */
  rename(from: string, to: string): Promise<void>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
}

/** Old contents or new, never half. */
export async function replaceFile(files: RegistryFiles, directory: string, path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await files.makeDirectory(directory);
  await files.remove(temporary);
  await files.write(temporary, text);
  await files.rename(temporary, path);
}

export const registryFiles: RegistryFiles = {
  read: async (path) => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
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
  rename: async (from, to) => {
    await rename(from, to);
    const directory = await open(dirname(to), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
};
