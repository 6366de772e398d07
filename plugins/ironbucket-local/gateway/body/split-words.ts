export interface Split {
  readonly head: Uint8Array;
  readonly words: Int32Array;
  readonly tail: Uint8Array;
}

/** `data` as words, in groups of `group` of them, and the bytes around: words begin at multiples of four in memory. */
export function splitWords(data: Uint8Array, group: number): Split {
  const start = -data.byteOffset & 3;
  const count = Math.floor((data.length - start) / (4 * group)) * group;
  if (count <= 0) return { head: data, words: NONE, tail: data.subarray(data.length) };
  const words = new Int32Array(data.buffer, data.byteOffset + start, count);
  return { head: data.subarray(0, start), words, tail: data.subarray(start + 4 * count) };
}

const NONE = new Int32Array(0);
