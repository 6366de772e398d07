import { hash } from './hash.ts';

/** Which of `count` threads has the bucket: always the same one, so that what is counted in it is counted in one place. */
export function ownerOf(bucket: string, count: number): number {
  return Math.floor((hash(bucket) / 2 ** 32) * count);
}
