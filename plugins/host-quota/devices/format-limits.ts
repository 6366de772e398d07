import type { Limits } from './types.ts';

/** For people: soft and hard. */
export function formatLimits({ blockSoft, blockHard, inodeSoft, inodeHard }: Limits): string {
  return `${blockSoft}/${blockHard} KiB, ${inodeSoft}/${inodeHard} inodes`;
}
