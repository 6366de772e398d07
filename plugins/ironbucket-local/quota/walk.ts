import { type Dir, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../disk.ts';
import { ESCAPED_FOLDER } from '../objects/escape.ts';
import { isInternalName, SIDECAR_SUFFIX } from '../objects/key.ts';
import type { Speed } from './speed.ts';

/** Names the system is asked for at once; one trip through the thread pool each. */
const NAMES = 512;
/** Files handed on at once. */
const FILES = 128;

/** Some files of one directory. */
export interface Batch {
  /** Relative to the root, empty or with a slash at its end: with a name behind it, it is the key of the object. */
  readonly directory: string;
  readonly names: readonly string[];
}

/**
 * Finds the objects below `root`: regular files whose names do not begin with a dot or end in `.metadata`, in directories
 * of which the same is true; escaped keys; and markers of folders, which are named `.metadata`. Links are never followed,
 * and memory does not grow with the number of files. What disappears meanwhile was deleted.
 *
 * @throws what the operating system says about anything that cannot be read; the signal's reason when it fires.
 */
export async function* walk(root: string, signal: AbortSignal, speed?: Speed, directory = ''): AsyncGenerator<Batch> {
  signal.throwIfAborted();
  let names: string[] = [];
  for await (const chunk of entriesOf(join(root, directory), speed)) {
    for (const entry of chunk) {
      if (!isCounted(directory, entry)) continue;
      if (entry.isDirectory()) yield* ignoreAbsent(walk(root, signal, speed, `${directory}${entry.name}/`));
      else if (entry.isFile()) names.push(entry.name);
      if (names.length < FILES) continue;
      yield { directory, names };
      signal.throwIfAborted();
      names = [];
    }
  }
  if (names.length > 0) yield { directory, names };
}

/** Bytes: what a directory says of its size. None that takes so little has more than some thousand names. */
const SMALL = 4096;
const OPTIONS = { bufferSize: NAMES };

/** In parts. A small directory costs a fifth when it is read at once; nothing is, unless the storage is fast. */
async function* entriesOf(path: string, speed: Speed | undefined): AsyncGenerator<readonly Dirent[]> {
  const all = speed?.isFast() === true ? await speed.time(0, () => readSmall(path)) : undefined;
  if (all === undefined) yield* chunksOf(await openDirectory(path, speed), speed);
  else yield all;
}

function readSmall(path: string): readonly Dirent[] | undefined {
  return lstatSync(path).size <= SMALL ? readdirSync(path, { withFileTypes: true }) : undefined;
}

async function openDirectory(path: string, speed: Speed | undefined): Promise<Dir> {
  const open = (): Promise<Dir> => opendir(path, OPTIONS);
  return await (speed === undefined ? open() : speed.time(0, open));
}

/**
 * The first name of a chunk comes from the thread pool, unless the storage is fast; the others are in memory then: a promise
 * each would take longer. That a directory ends is known to the system by then, and closing it waits for nothing.
 */
async function* chunksOf(handle: Dir, speed: Speed | undefined): AsyncGenerator<readonly Dirent[]> {
  const read = async (): Promise<Dirent | null> =>
    speed?.isFast() ? speed.time(0, () => handle.readSync()) : handle.read();
  try {
    let isLast = false;
    for (let first = await read(); first !== null; first = isLast ? null : await read()) {
      const chunk = [first];
      while (!isLast && chunk.length < NAMES) {
        const next = handle.readSync();
        if (next === null) isLast = true;
        else chunk.push(next);
      }
      yield chunk;
    }
  } finally {
    handle.closeSync();
  }
}

function isCounted(directory: string, { name }: Dirent): boolean {
  if (!isInternalName(name)) return true;
  return directory === '' ? name === ESCAPED_FOLDER : name === SIDECAR_SUFFIX;
}

/** What a file at `path` counts: a marker has no bytes, however long its sidecar is. */
export function countedSize(path: string, size: number | undefined): number | undefined {
  return size !== undefined && path.endsWith(`/${SIDECAR_SUFFIX}`) ? 0 : size;
}

/** A file may stand where a directory was. */
async function* ignoreAbsent(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  try {
    yield* batches;
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
}
