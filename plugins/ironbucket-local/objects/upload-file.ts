import type { Json } from '../../../src/lib/json.ts';
import { exactNumber, formatExact, parseExact, readExact } from '../exact-json.ts';
import { type Description, formatSidecar, parseSidecar } from './sidecar.ts';

/** A multipart upload that is open. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  /** What the object will say about itself. */
  readonly described: Description;
}

export interface Part {
  readonly number: number;
  readonly size: number;
  /** MD5, hexadecimal. */
  readonly etag: string;
  readonly modified: Date;
}

/** `{uploadId}.upload`: what the sidecar of the object will be, and whose it is. */
export function formatUpload({ id, key, initiated, described }: Upload): string {
  const others: readonly (readonly [string, Json])[] = [['upload_id', id]];
  return formatSidecar({ ...described, key, size: 0, etag: '', modified: initiated, encrypted: false, others });
}

/** Undefined for what another server left there. */
export function parseUpload(id: string, text: string): Upload | undefined {
  const sidecar = parseSidecar(text);
  if (sidecar?.others?.some(([field, value]) => field === 'upload_id' && value === id) !== true) return undefined;
  const { key, modified: initiated, others: _, ...described } = sidecar;
  return { id, key, initiated, described };
}

/** `etag-{number}`, written behind its part. */
export function formatPart({ etag, size, modified }: Part): string {
  return formatExact([
    ['etag', etag],
    ['size', exactNumber(BigInt(size))],
    ['last_modified', modified.toISOString()],
  ]);
}

export function parsePart(number: number, text: string): Part | undefined {
  const value = parseExact(text);
  const size = readExact(value?.['size']);
  const { etag, last_modified } = value ?? {};
  if (size === undefined || typeof etag !== 'string' || typeof last_modified !== 'string') return undefined;
  return { number, size: Number(size), etag, modified: new Date(last_modified) };
}
