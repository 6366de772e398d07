import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LARGE = /^-?\d{16,}$/;

/**
 * JSON whose integers keep every digit: those beyond 2^53 come as text, which `readInteger` reads like numbers. Undefined
 * for an empty text.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): Json | undefined {
  if (text.trim() === '') return undefined;
  return JSON.parse(text.replace(TOKEN, (token) => (LARGE.test(token) ? `"${token}"` : token))) as Json;
}

/** An integer that is not negative; undefined for anything else. */
export function readInteger(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

export function readText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function readObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Go writes an empty list as null. */
export function readObjects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
