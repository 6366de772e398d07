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
  return entries.length === 0 ? '{}' : `{\n${formatEntries(entries)}\n}`;
}

/** The same without the braces, to stand behind other entries. */
export function formatEntries(entries: readonly (readonly [string, Json])[]): string {
  return entries.map(([key, value]) => `  ${JSON.stringify(key)}: ${formatEntry(value)}`).join(',\n');
}

function formatEntry(value: Json): string {
  const text = formatNested(value);
  const isPlain = typeof value !== 'object' && !text.startsWith(`"${MARK}`);
  return isPlain ? text : text.replace(MARKED, '$1');
}

/** The value of an entry in which no number needs every digit. */
export function formatNested(value: Json): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
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
