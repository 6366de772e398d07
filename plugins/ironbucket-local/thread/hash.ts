/** Of names and keys, the same in every thread; 32 bits that are spread evenly. */
export function hash(text: string): number {
  // FNV-1a, and the last steps of MurmurHash3: without them, names that differ in their last letters are close.
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
