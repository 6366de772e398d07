import { isJsonObject } from '../../../src/lib/json.ts';
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
  /** What the client sent of it and what was found to be true. */
  readonly checksum?: PartChecksum | undefined;
}

export interface PartChecksum {
  /** In lower case, for example `crc32`. */
  readonly algorithm: string;
  /** Base64. */
  readonly value: string;
}

/** `{uploadId}.upload`: what the sidecar of the object will be, and whose it is. */
export function formatUpload({ id, key, initiated, described }: Upload): string {
  return formatSidecar({ ...described, key, size: 0, etag: '', modified: initiated, encrypted: false, uploadId: id });
}

/** Undefined for what another server left there. */
export function parseUpload(id: string, text: string): Upload | undefined {
  const sidecar = parseSidecar(text);
  if (sidecar?.uploadId !== id) return undefined;
  const { key, modified: initiated, others: _, ...described } = sidecar;
  return { id, key, initiated, described };
}

/** `etag-{number}`, written behind its part. */
export function formatPart({ etag, size, modified, checksum }: Part): string {
  return formatExact([
    ['etag', etag],
    ['size', exactNumber(BigInt(size))],
    ['last_modified', modified.toISOString()],
    ...(checksum === undefined ? [] : [['checksums', { [checksum.algorithm]: checksum.value }] as const]),
  ]);
}

export function parsePart(number: number, text: string): Part | undefined {
  const value = parseExact(text);
  const size = readExact(value?.['size']);
  const { etag, last_modified, checksums } = value ?? {};
  if (size === undefined || typeof etag !== 'string' || typeof last_modified !== 'string') return undefined;
  const [first] = isJsonObject(checksums) ? Object.entries(checksums) : [];
  const checksum = typeof first?.[1] === 'string' ? { algorithm: first[0], value: first[1] } : undefined;
  return { number, size: Number(size), etag, modified: new Date(last_modified), ...(checksum && { checksum }) };
}
