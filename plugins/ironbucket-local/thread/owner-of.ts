/** Which of `count` threads has the bucket: always the same one, so that what is counted in it is counted in one place. */
export function ownerOf(bucket: string, count: number): number {
  // FNV-1a, of which the upper bits are spread best.
  let hash = 0x811c9dc5;
  for (let index = 0; index < bucket.length; index++) hash = Math.imul(hash ^ bucket.charCodeAt(index), 0x01000193);
  return Math.floor(((hash >>> 0) / 2 ** 32) * count);
}
