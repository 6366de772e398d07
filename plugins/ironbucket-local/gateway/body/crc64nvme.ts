import { splitWords } from './split-words.ts';

/** A 64-bit CRC in two halves, for JavaScript has no fast integers of that size. */
export interface Crc64 {
  readonly low: number;
  readonly high: number;
}

export const CRC64_START: Crc64 = { low: 0, high: 0 };

/** The CRC-64 of NVM Express, the one that AWS adds by default. Goes on from `value`; takes eight bytes at a time. */
export function crc64nvme(data: Uint8Array, value: Crc64 = CRC64_START): Crc64 {
  let low = ~value.low;
  let high = ~value.high;
  const byteStep = (byte: number): void => {
    const index = (low ^ byte) & 255;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0);
    high = (high >>> 8) ^ (HIGH[index] ?? 0);
  };
  const { head, words, tail } = splitWords(data, 2);
  for (const byte of head) byteStep(byte);
  for (let at = 0; at < words.length; at += 2) {
    const first = low ^ (words[at] ?? 0);
    const second = high ^ (words[at + 1] ?? 0);
    low = slice(LOW, first, second);
    high = slice(HIGH, first, second);
  }
  for (const byte of tail) byteStep(byte);
  return { low: ~low, high: ~high };
}

/** Reflected. */
const POLYNOMIAL = { low: 0xac4bc9b5, high: 0x9a6c9329 };
const SLICES = 8;
const LOW = new Int32Array(SLICES * 256);
const HIGH = new Int32Array(SLICES * 256);
fillTables();

/** Table `n` is what a byte does to the CRC with `n` zero bytes behind it. */
function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isOdd) {
        low ^= POLYNOMIAL.low;
        high ^= POLYNOMIAL.high;
      }
    }
    LOW[byte] = low;
    HIGH[byte] = high;
  }
  for (let at = 256; at < SLICES * 256; at++) {
    const low = LOW[at - 256] ?? 0;
    const high = HIGH[at - 256] ?? 0;
    LOW[at] = ((low >>> 8) | (high << 24)) ^ (LOW[low & 255] ?? 0);
    HIGH[at] = (high >>> 8) ^ (HIGH[low & 255] ?? 0);
  }
}

function slice(table: Int32Array, low: number, high: number): number {
  return (
    look(table, 7, low) ^
    look(table, 6, low >>> 8) ^
    look(table, 5, low >>> 16) ^
    look(table, 4, low >>> 24) ^
    look(table, 3, high) ^
    look(table, 2, high >>> 8) ^
    look(table, 1, high >>> 16) ^
    look(table, 0, high >>> 24)
  );
}

function look(table: Int32Array, slice: number, byte: number): number {
  return table[slice * 256 + (byte & 255)] ?? 0;
}
