/** Which of `count` threads has the bucket: always the same one, so that what is counted in it is counted in one place. */
export function ownerOf(bucket: string, count: number): number {
  // FNV-1a, and the last steps of MurmurHash3: without them, names that differ in their last letters have the same owner.
  let hash = 0x811c9dc5;
  for (let index = 0; index < bucket.length; index++) hash = Math.imul(hash ^ bucket.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * count);
}
