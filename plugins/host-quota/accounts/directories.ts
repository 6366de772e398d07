import { lstat, mkdir, opendir, readdir, rm, rmdir } from 'node:fs/promises';
import { cannotDelete } from '../errors.ts';

/** Directories below `base_dir`, one effect per call. */
export interface Directories {
  kind(path: string): Promise<'directory' | 'other' | undefined>;
  names(path: string): Promise<readonly string[]>;
  /** Existing is fine. */
  make(path: string, mode: number): Promise<void>;
  isEmpty(path: string): Promise<boolean>;
  /** Only when it is empty; absent is fine. */
  remove(path: string): Promise<void>;
  /** With everything in it; absent is fine. @throws AgentError operator `HOST_QUOTA_DELETE` where that is not permitted. */
  removeTree(path: string): Promise<void>;
}

export const nodeDirectories: Directories = {
  kind: async (path) => {
    try {
      return (await lstat(path)).isDirectory() ? 'directory' : 'other';
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  names: (path) => readdir(path),
  make: async (path, mode) => {
    await mkdir(path, { mode }).catch(unless('EEXIST'));
  },
  isEmpty: async (path) => {
    const directory = await opendir(path);
    try {
      return (await directory.read()) === null;
    } finally {
      await directory.close();
    }
  },
  remove: async (path) => {
    await rmdir(path).catch(unless('ENOENT'));
  },
  removeTree: (path) =>
    rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      const code = codeOf(error);
      throw code === 'EACCES' || code === 'EPERM' ? cannotDelete(path, code) : error;
    }),
};

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (codeOf(error) !== code) throw error;
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
