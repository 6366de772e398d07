import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '../disk.ts';
import { release } from '../release.ts';
import type { Files, NewFile } from './files.ts';
import { SIDECAR_SUFFIX } from './key.ts';
import { STAGE_FOLDER } from './place.ts';
import { formatSidecar, type Sidecar } from './sidecar.ts';
import type { PartChecksum } from './upload-file.ts';

/** Bytes that are on disk and belong to no object yet. */
export interface Staged {
  readonly data: string;
  readonly sidecar: string;
  readonly size: number;
}

export interface Body {
  readonly body: AsyncIterable<Uint8Array>;
  /** Asked when the body has ended. */
  readonly etag?: (() => string) | undefined;
  /** The same of a checksum that the client sent. */
  readonly checksum?: (() => PartChecksum | undefined) | undefined;
}

export interface StageDeps {
  readonly files: Files;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * Writes the whole body; what it throws comes through, and nothing is left then. Memory does not grow with the body.
 * `look` sees every chunk; each belongs to us until we ask for the next one.
 */
export async function stageBody(
  deps: StageDeps,
  root: string,
  body: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<Staged> {
  const paths = stagePaths(deps, root);
  const file = await createStaged(deps.files, root, paths.data);
  try {
    return { size: await writeBody(file, body, look, signal), ...paths };
  } catch (error) {
    await deps.files.remove(paths.data);
    throw error;
  }
}

/** Pieces come in the size of what the network delivers; a write for each would cost more than the hashes. */
const BATCH = 262_144;

/** Collects one batch while the one before is written. Returns how many bytes there were. */
async function writeBody(
  file: NewFile,
  body: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<number> {
  const batch = createBatch();
  let size = 0;
  let writing = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    writing = file.write([batch.take()]);
    // It is looked at with the next batch, or at the end.
    writing.catch(() => undefined);
  };
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      look(chunk);
      size += chunk.length;
      for (let at = batch.add(chunk, 0); at < chunk.length; at = batch.add(chunk, at)) await flush();
    }
    await flush();
    await writing;
    return size;
  } finally {
    await writing.catch(() => undefined);
    batch.release();
    await file.close();
  }
}

/** What is to be written at once. */
interface Batch {
  /** Copies what there is room for of `chunk` from `at` on; returns where it stopped. */
  add(chunk: Uint8Array, at: number): number;
  /** All of it, until the call after the next one. */
  take(): Uint8Array;
  /** Nothing that was taken is in use any more. */
  release(): void;
}

/** In two buffers by turns. The first one is as large as the first chunk, which is mostly all there is. */
function createBatch(): Batch {
  let [filling, other] = [EMPTY, EMPTY];
  let filled = 0;
  return {
    add: (chunk, at) => {
      if (filled === 0 && filling.length < BATCH) {
        release(filling);
        filling = Buffer.allocUnsafe(other === EMPTY ? Math.min(chunk.length, BATCH) : BATCH);
      }
      const room = Math.min(chunk.length - at, filling.length - filled);
      filling.set(at === 0 && room === chunk.length ? chunk : chunk.subarray(at, at + room), filled);
      filled += room;
      return at + room;
    },
    take: () => {
      const taken = filling.subarray(0, filled);
      [filling, other] = [other, filling];
      filled = 0;
      return taken;
    },
    release: () => {
      release(filling);
      release(other);
    },
  };
}

const EMPTY = Buffer.alloc(0);

/** The same with its ETag: one that was computed on the way, or else the MD5 of the body in hexadecimal. */
export async function stageWithEtag(
  deps: StageDeps,
  root: string,
  { body, etag }: Body,
  signal: AbortSignal,
): Promise<Staged & { readonly etag: string }> {
  if (etag !== undefined) {
    const staged = await stageBody(deps, root, body, () => undefined, signal);
    return { etag: etag(), ...staged };
  }
  const hash = createHash('md5');
  const staged = await stageBody(deps, root, body, (chunk) => hash.update(chunk), signal);
  return { etag: hash.digest('hex'), ...staged };
}

/** Completes what is staged: from here on a restart finds everything it needs. */
export async function stageSidecar(
  { files }: StageDeps,
  staged: Pick<Staged, 'sidecar'>,
  sidecar: Sidecar,
): Promise<void> {
  await writeText(files, staged.sidecar, formatSidecar(sidecar));
}

/** The sidecar alone, of a marker. */
export async function stageMarker(deps: StageDeps, root: string, sidecar: Sidecar): Promise<Pick<Staged, 'sidecar'>> {
  const paths = stagePaths(deps, root);
  await writeInto(await createStaged(deps.files, root, paths.data), formatSidecar(sidecar));
  return { sidecar: paths.data };
}

/** A small file in one piece, staged and renamed. */
export async function replaceText(deps: StageDeps, root: string, path: string, text: string): Promise<void> {
  const { data } = stagePaths(deps, root);
  await writeInto(await createStaged(deps.files, root, data), text);
  await deps.files.move(data, path);
}

/** The sidecar first: alone, it would say that its data is in place already. */
export async function discard(
  { files }: StageDeps,
  { data, sidecar }: Pick<Staged, 'data' | 'sidecar'>,
): Promise<void> {
  await files.remove(sidecar);
  await files.remove(data);
}

function stagePaths({ random }: StageDeps, root: string): Pick<Staged, 'data' | 'sidecar'> {
  const data = join(root, STAGE_FOLDER, Buffer.from(random(16)).toString('hex'));
  return { data, sidecar: data + SIDECAR_SUFFIX };
}

async function createStaged(files: Files, root: string, path: string): Promise<NewFile> {
  try {
    return await files.create(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  // Only this one: a bucket that was removed stays removed.
  await files.makeDirectory(join(root, STAGE_FOLDER));
  return files.create(path);
}

async function writeText(files: Files, path: string, text: string): Promise<void> {
  await writeInto(await files.create(path), text);
}

async function writeInto(file: NewFile, text: string): Promise<void> {
  try {
    await file.write([Buffer.from(text)]);
  } finally {
    await file.close();
  }
}
