import { statfs } from 'node:fs/promises';
import type { Space } from './types.ts';

/** How large mounted file systems are, and their blocks. */
export interface Sizes {
  spaceOf(mountPoint: string): Promise<Space>;
  /** In KiB, at least 1. */
  blockKibOf(mountPoint: string): Promise<bigint>;
}

export const nodeSizes: Sizes = {
  spaceOf: async (mountPoint) => {
    const { blocks, bfree, bavail, bsize } = await statfs(mountPoint, { bigint: true });
    return { total: blocks * bsize, used: (blocks - bfree) * bsize, free: bavail * bsize };
  },
  blockKibOf: async (mountPoint) => {
    const { bsize } = await statfs(mountPoint, { bigint: true });
    return bsize > 1024n ? bsize / 1024n : 1n;
  },
};
