import { createHash } from 'node:crypto';
import type { Places } from './place.ts';
import { readRange } from './read.ts';
import type { Description } from './sidecar.ts';
import { discard, type Staged, stageBody } from './stage.ts';
import { StorageError } from './storage-error.ts';
import type { StoredObject } from './stored.ts';
import type { Part } from './upload-file.ts';
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
}

export interface WholeTerms extends Terms {
  /** Sees the bytes of the object as they are put together. */
  readonly look?: (chunk: Uint8Array) => void;
  /** Of what `look` saw; throws when that is not what was announced. */
  readonly checksums?: () => Readonly<Record<string, string>> | undefined;
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
    const checksums = await checked(deps, staged, terms);
    const stored = await commitObject(deps, object, whole, { ...described, checksums }, { ...terms, upload: held });
    await removeUpload(deps, upload);
    return stored;
  });
}

async function checked(deps: UploadDeps, staged: Staged, { checksums }: WholeTerms): Promise<Description['checksums']> {
  try {
    return checksums?.();
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
  const chosen = named.map(({ number, etag }) => {
    if (number <= before) throw new StorageError('part-order');
    before = number;
    const part = byNumber.get(number);
    if (part?.etag !== etag) throw new StorageError('bad-part', { part: number });
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

/** MD5 of the MD5s, and how many there were. */
function etagOf(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}
