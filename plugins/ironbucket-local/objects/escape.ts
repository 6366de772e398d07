/**
 * Where keys go that are no paths of the layout: into one folder of the bucket, which other servers take for something
 * internal, in hexadecimal digits of their UTF-8. Their order is that of the keys. A name holds 120 bytes of the key; what
 * is longer continues in a folder, whose name has a plus at its end.
 */
export const ESCAPED_FOLDER = '.keys';

const BYTES = 120;
const DIGITS = BYTES * 2;
const CONTINUED = '+';

export interface Escaped {
  readonly folders: readonly string[];
  readonly file: string;
}

export function escapeKey(key: string): Escaped {
  const digits = hexOf(key);
  const folders = [ESCAPED_FOLDER];
  let start = 0;
  for (; start + DIGITS < digits.length; start += DIGITS) folders.push(digits.slice(start, start + DIGITS) + CONTINUED);
  return { folders, file: digits.slice(start) };
}

/** What a folder in the folder of escaped keys stands for, as digits; undefined for one that is not ours. */
export function folderDigits(name: string): string | undefined {
  return name.length === DIGITS + 1 && /^[0-9a-f]+\+$/.test(name) ? name.slice(0, DIGITS) : undefined;
}

/** Undefined for digits that no key has. */
export function unescapeKey(digits: string): string | undefined {
  if (digits.length % 2 !== 0 || !/^[0-9a-f]+$/.test(digits)) return undefined;
  const bytes = Buffer.from(digits, 'hex');
  const key = bytes.toString();
  return Buffer.from(key).equals(bytes) ? key : undefined;
}

export function hexOf(key: string): string {
  return Buffer.from(key).toString('hex');
}
