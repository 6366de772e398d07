import { createHash } from 'node:crypto';
import type { Places } from './place.ts';
import { readRange } from './read.ts';
import type { Description, PartSizes } from './sidecar.ts';
import { discard, type Staged, stageBody } from './stage.ts';
import { StorageError } from './storage-error.ts';
import type { StoredObject } from './stored.ts';
import type { Part, PartChecksum } from './upload-file.ts';
import {
  partFile,
  readParts,
  removeUpload,
  requireUpload,
  type UploadDeps,
  type UploadPlace,
  uploadSize,
} from './uploads.ts';
import { commitObject, type Terms } from './write.ts';

/** A part as the client names it to complete the upload. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksum?: PartChecksum | undefined;
}

export interface WholeTerms extends Terms {
  /** Sees the bytes of the object as they are put together. */
  readonly look?: (chunk: Uint8Array) => void;
  /** What the object says besides, when its bytes are put together out of `parts`; throws when it is not what was announced. */
  readonly describe?: (parts: readonly Part[]) => Partial<Description>;
}

export const SMALLEST_PART = 5 * 1024 * 1024;

/** The object out of its parts; the upload is over then. A crash leaves the upload, the object, or both. */
export async function completeUpload(
  deps: UploadDeps,
  { object, upload }: { readonly object: Places; readonly upload: UploadPlace },
  named: readonly NamedPart[],
  terms: WholeTerms,
  signal: AbortSignal,
): Promise<StoredObject> {
  return deps.locks.hold(upload.lock, async () => {
    const { described } = await requireUpload(deps, upload, object.key);
    const parts = choose(named, await readParts(deps, upload, signal));
    terms.reservation.stage(parts.reduce((sum, { size }) => sum + size, 0));
    const staged = await stageBody(deps, object.root, bytesOf(deps, upload, parts), terms.look ?? ignore, signal);
    const held = await uploadSize(deps, upload);
    const whole = { ...staged, etag: etagOf(parts) };
    const more = await describeWhole(deps, staged, parts, terms);
    const made = { ...described, ...more, uploadId: upload.id, partSizes: sizesOf(parts) };
    const stored = await commitObject(deps, object, whole, made, { ...terms, upload: held });
    await removeUpload(deps, upload);
    return stored;
  });
}

async function describeWhole(
  deps: UploadDeps,
  staged: Staged,
  parts: readonly Part[],
  { describe }: WholeTerms,
): Promise<Partial<Description>> {
  try {
    return describe?.(parts) ?? {};
  } catch (error) {
    await discard(deps, staged);
    throw error;
  }
}

function ignore(): void {}

/** @throws StorageError `bad-part`, `part-order`, `small-part`, `no-parts` for a list without parts. */
function choose(named: readonly NamedPart[], parts: readonly Part[]): readonly Part[] {
  if (named.length === 0) throw new StorageError('no-parts');
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  let before = 0;
  const chosen = named.map(({ number, etag, checksum }) => {
    if (number <= before) throw new StorageError('part-order');
    before = number;
    const part = byNumber.get(number);
    if (part?.etag !== etag || !isSame(checksum, part)) throw new StorageError('bad-part', { part: number });
    return part;
  });
  const small = chosen.slice(0, -1).find(({ size }) => size < SMALLEST_PART);
  if (small !== undefined) throw new StorageError('small-part', { part: small.number });
  return chosen;
}

async function* bytesOf({ files }: UploadDeps, place: UploadPlace, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { number, size } of parts) {
    const file = await files.open(partFile(place, number));
    if (file === undefined) throw new StorageError('bad-part', { part: number });
    try {
      yield* readRange(file, 0, size);
    } finally {
      await file.close();
    }
  }
}

/** Whether what the client says of a part is what it said when it sent it. */
function isSame(named: PartChecksum | undefined, { checksum }: Part): boolean {
  return named === undefined || (named.algorithm === checksum?.algorithm && named.value === checksum.value);
}

function sizesOf(parts: readonly Part[]): PartSizes {
  const runs: [size: number, count: number][] = [];
  for (const { size } of parts) {
    const last = runs.at(-1);
    if (last?.[0] === size) last[1]++;
    else runs.push([size, 1]);
  }
  return runs;
}

/** MD5 of the MD5s, and how many there were. */
export function etagOf(parts: readonly Pick<Part, 'etag'>[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}
