import { splitWords } from './split-words.ts';

/**
 * The CRC-32 of Castagnoli, goes on from `value` as `crc32` of `node:zlib` does, which has only the other one. Takes
 * sixteen bytes at a time ("slicing by 16"), read as words: three times as fast as byte by byte.
 */
export function crc32c(data: Uint8Array, value = 0): number {
  let crc = ~value;
  const { head, words, tail } = splitWords(data, 4);
  for (const byte of head) crc = byteStep(crc, byte);
  for (let at = 0; at < words.length; at += 4) {
    const a = crc ^ word(words, at);
    const b = word(words, at + 1);
    const c = word(words, at + 2);
    const d = word(words, at + 3);
    crc =
      look(15, a) ^
      look(14, a >>> 8) ^
      look(13, a >>> 16) ^
      look(12, a >>> 24) ^
      look(11, b) ^
      look(10, b >>> 8) ^
      look(9, b >>> 16) ^
      look(8, b >>> 24) ^
      look(7, c) ^
      look(6, c >>> 8) ^
      look(5, c >>> 16) ^
      look(4, c >>> 24) ^
      look(3, d) ^
      look(2, d >>> 8) ^
      look(1, d >>> 16) ^
      look(0, d >>> 24);
  }
  for (const byte of tail) crc = byteStep(crc, byte);
  return ~crc >>> 0;
}

/** Reflected. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;
const TABLE = createTable();

/** Table `n` is what a byte does to the CRC with `n` zero bytes behind it. */
function createTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 255] ?? 0);
  }
  return table;
}

function byteStep(crc: number, byte: number): number {
  return look(0, crc ^ byte) ^ (crc >>> 8);
}

function look(slice: number, byte: number): number {
  return TABLE[slice * 256 + (byte & 255)] ?? 0;
}

function word(words: Int32Array, at: number): number {
  return words[at] ?? 0;
}
