import { AgentError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { ListOptions, PutOptions } from './documents.ts';

/** For what is only remembered: it ends by itself, and what ends first makes room. */
export interface Bound {
  /** Documents kept. A few more may be there until the next removal, which 100 writes bring at the latest. */
  readonly limit: number;
  /** Expiry of what is put without one. */
  readonly lifetimeMs: number;
}

const KEY = /^[!-~]{1,512}$/;
const PREFIX = /^[!-~]{0,512}$/;
const LONGEST_VALUE = 1024 * 1024;
const HIGHEST_LIMIT = 1000;

/** ASCII only, so that every database sorts keys alike. */
export function checkKey(key: string): string {
  if (KEY.test(key)) return key;
  throw refused('STORE_BAD_KEY', 'a key of the store is 1 to 512 printable ASCII characters without spaces');
}

export function checkPrefix(prefix: string): string {
  if (PREFIX.test(prefix)) return prefix;
  throw refused('STORE_BAD_KEY', 'a prefix is up to 512 printable ASCII characters without spaces');
}

/** The value as JSON text. */
export function encode(key: string, value: Json): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw refused('STORE_BAD_VALUE', `the document ${key} is not a JSON value`);
  if (Buffer.byteLength(text) <= LONGEST_VALUE) return text;
  throw refused('STORE_BAD_VALUE', `the document ${key} is larger than 1 MiB`);
}

export function pageLimit(options: ListOptions | undefined): number {
  return Math.min(Math.max(options?.limit ?? HIGHEST_LIMIT, 1), HIGHEST_LIMIT);
}

/** Milliseconds since 1970; undefined for a document that stays. */
export function expiryOf(options: PutOptions, bound: Bound | undefined, now: Date): number | undefined {
  if (options.expiresAt !== undefined) return options.expiresAt.getTime();
  return bound === undefined ? undefined : now.getTime() + bound.lifetimeMs;
}

/** What expired is invisible at once and removed by every hundredth write, the first one of a process included. */
export function isRemovalDue(writes: number): boolean {
  return writes % 100 === 0;
}

/** Sorts after every key that begins with `prefix`: no key holds a delete character. */
export function endOfPrefix(prefix: string): string {
  return `${prefix}\u007f`;
}

function refused(code: 'STORE_BAD_KEY' | 'STORE_BAD_VALUE', message: string): AgentError {
  return new AgentError(message, { code, disposition: 'bug' });
}
