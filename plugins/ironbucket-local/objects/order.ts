/**
 * Order of keys in listings: that of their UTF-8 bytes. JavaScript compares UTF-16, where the characters beyond U+FFFF
 * come before U+E000.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Sorts in place. */
export function sortKeys(keys: string[]): void {
  // The built-in order is much faster and the same for everything below the surrogates.
  if (keys.some((key) => HIGH.test(key))) keys.sort(compareKeys);
  else keys.sort();
}

const HIGH = /[\ud800-\uffff]/;

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
