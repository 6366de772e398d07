import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';

/**
 * JSON objects whose numbers keep every digit: `JSON.parse` turns 18446744073709551615 into ...552000. A number is held
 * as its digits behind a mark, from reading to writing, so unknown fields survive unchanged as well.
 */
export function parseExact(text: string): JsonObject | undefined {
  try {
    JSON.parse(text);
    const value: unknown = JSON.parse(
      text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${ESCAPED}${token}"`)),
    );
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Pretty-printed with two spaces, the entries in the order given, though an object would put keys like "1" first. */
export function formatExact(entries: readonly (readonly [string, Json])[]): string {
  // All other keys stay where they are, and one call is faster than one for each.
  if (!entries.some(([key]) => /^[\d\uf8ff]/.test(key)))
    return JSON.stringify(Object.fromEntries(entries), null, 2).replace(MARKED, '$1');
  const lines = entries.map(([key, value]) => {
    const text = JSON.stringify(value, null, 2);
    const isPlain = typeof value !== 'object' && !text.startsWith(`"${MARK}`);
    return `  ${JSON.stringify(key)}: ${isPlain ? text : text.replaceAll('\n', '\n  ').replace(MARKED, '$1')}`;
  });
  return `{\n${lines.join(',\n')}\n}`;
}

export function exactNumber(value: bigint): Json {
  return MARK + String(value);
}

/** Undefined for anything but a non-negative integer. */
export function readExact(value: Json | undefined): bigint | undefined {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return undefined;
  const digits = value.slice(MARK.length);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

/** A private-use character: no number can hold it and it is never typed. */
const MARK = '\uf8ffn';
const ESCAPED = '\\uf8ffn';
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = /"\uf8ffn(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"/g;
