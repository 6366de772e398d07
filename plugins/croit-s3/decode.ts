import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';

/**
 * JSON whose integers keep every digit: those beyond 2^53 come as text, which `readInteger` reads like numbers. Undefined
 * for an empty text, which many calls answer.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): Json | undefined {
  if (text.trim() === '') return undefined;
  return JSON.parse(text.replace(TOKEN, (token) => (LARGE.test(token) ? `"${token}"` : token))) as Json;
}

/** An integer of any size; undefined for anything else. Fractions, which averages have, are rounded. */
export function readInteger(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) : undefined;
  return typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? BigInt(value) : undefined;
}

export function readText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The objects in a list; undefined when it is no list or something else is in it, for then nothing in it can be relied on. */
export function readObjects(value: Json | undefined): readonly JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const objects = value.filter(isJsonObject);
  return objects.length === value.length ? objects : undefined;
}

/** Undefined when it is no list of keys. */
export function readKeys(value: Json | undefined): readonly KeyPair[] | undefined {
  const keys = readObjects(value)?.map((key) => ({
    accessKey: readText(key['access_key']),
    secretKey: readText(key['secret_key']),
  }));
  return keys?.some(({ accessKey }) => accessKey === '') === true ? undefined : keys;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LARGE = /^-?\d{16,}$/;
