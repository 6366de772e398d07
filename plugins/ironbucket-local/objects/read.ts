import type { KeyedLock } from '../../../src/lib/keyed-lock.ts';
import { codeOf } from '../disk.ts';
import { release } from '../release.ts';
import type { FileFacts, Files, OpenFile } from './files.ts';
import { isReachable } from './folders.ts';
import type { Place, Places } from './place.ts';
import type { Sidecars } from './sidecars.ts';
import { describeFile, describeMarker, type StoredObject } from './stored.ts';

export interface ReadDeps {
  readonly files: Files;
  readonly sidecars: Sidecars;
  readonly locks: KeyedLock;
}

/** An object that stays as it is while it is read, whatever is written under its key meanwhile. */
export interface OpenObject {
  readonly object: StoredObject;
  /** What was opened; undefined for an object without bytes. */
  readonly file: FileRef | undefined;
  /**
   * The bytes from `start` up to, and without, `end`. Every piece belongs to the caller until the next one is asked for.
   * @throws when the file turns out to be shorter
   */
  read(start: number, end: number): AsyncGenerator<Buffer>;
  /** All of a range that is small, in one piece. */
  whole(start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A file at a path, as long as it is that file. */
export interface FileRef extends Pick<FileFacts, 'inode' | 'placedMs'> {
  readonly path: string;
}

/** Undefined when there is none, or another one than is meant. The caller must close it. */
export async function openFile(files: Files, { path, inode, placedMs }: FileRef): Promise<OpenFile | undefined> {
  const file = await files.open(path);
  if (file === undefined || (file.facts.inode === inode && file.facts.placedMs === placedMs)) return file;
  await file.close();
  return undefined;
}

/** Undefined when there is none. The caller must close it. */
export async function openObject(deps: ReadDeps, places: Places): Promise<OpenObject | undefined> {
  const { ordinary, escaped, lock } = places;
  return deps.locks.hold(
    lock,
    async () => (ordinary && (await openAt(deps, ordinary))) ?? (await openAt(deps, escaped())),
  );
}

async function openAt(deps: ReadDeps, place: Place): Promise<OpenObject | undefined> {
  const { data, sidecar, key } = place;
  if (data === undefined) {
    const object = await markerAt(deps, place);
    if (object === undefined) return undefined;
    const empty = { read: nothing, whole: async () => Buffer.alloc(0), close: async () => undefined };
    return { object, file: undefined, ...empty };
  }
  const file = await deps.files.open(data);
  if (file === undefined) return undefined;
  try {
    if (await isReachable(deps.files, place)) {
      const object = describeFile(key, file.facts, await deps.sidecars.read(sidecar));
      const { inode, placedMs } = file.facts;
      return {
        object,
        file: { path: data, inode, placedMs },
        read: (start, end) => readRange(file, start, end),
        whole: (start, end) => readWhole(file, start, end),
        close: () => file.close(),
      };
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function* nothing(): AsyncGenerator<Buffer> {}

/** Without the lock, for those that hold it or can do with what is there now. */
export async function factsAt(deps: Omit<ReadDeps, 'locks'>, places: Places): Promise<StoredObject | undefined> {
  return (await findObject(deps, places))?.object;
}

/**
 * The same for a listing, whose `isThere` knows the folders it met. Undefined for what only the lock can tell: there is
 * no such object in its ordinary place, or its bytes and its sidecar do not agree because both are being replaced.
 */
export async function glance(
  deps: Pick<ReadDeps, 'files' | 'sidecars'>,
  { ordinary }: Places,
  isThere: (place: Place) => Promise<boolean>,
): Promise<StoredObject | undefined> {
  if (ordinary?.data === undefined || !(await isThere(ordinary))) return undefined;
  const facts = await ignoreNotDirectory(deps.files.facts(ordinary.data));
  if (facts?.kind !== 'file') return undefined;
  const sidecar = await deps.sidecars.readBeside(facts, ordinary.sidecar);
  return sidecar?.size === facts.size ? describeFile(ordinary.key, facts, sidecar) : undefined;
}

export interface Found {
  readonly place: Place;
  readonly object: StoredObject;
}

/** The object and where it is. Without the lock, as `factsAt`. */
export async function findObject(
  deps: Omit<ReadDeps, 'locks'>,
  { ordinary, escaped }: Places,
): Promise<Found | undefined> {
  return (ordinary && (await foundAt(deps, ordinary))) ?? (await foundAt(deps, escaped()));
}

async function foundAt(deps: Omit<ReadDeps, 'locks'>, place: Place): Promise<Found | undefined> {
  const object = place.data === undefined ? await markerAt(deps, place) : await objectAt(deps, place);
  return object && { place, object };
}

async function objectAt(deps: Omit<ReadDeps, 'locks'>, place: Place): Promise<StoredObject | undefined> {
  const facts = await fileAt(deps, place);
  return facts && describeFile(place.key, facts, await deps.sidecars.read(place.sidecar));
}

/** Bytes that a write under this key would replace: a guess, because it may change before that. */
export async function sizeAt(deps: Pick<ReadDeps, 'files'>, { ordinary, escaped }: Places): Promise<number> {
  const facts = (ordinary && (await fileAt(deps, ordinary))) ?? (await fileAt(deps, escaped()));
  return facts?.size ?? 0;
}

/** The file with the bytes, when there is one and no link leads to it. */
export async function fileAt({ files }: Pick<ReadDeps, 'files'>, place: Place): Promise<FileFacts | undefined> {
  const { data } = place;
  const facts = data === undefined ? undefined : await ignoreNotDirectory(files.facts(data));
  return facts?.kind === 'file' && (await isReachable(files, place)) ? facts : undefined;
}

export async function markerAt(deps: Omit<ReadDeps, 'locks'>, place: Place): Promise<StoredObject | undefined> {
  const facts = await ignoreNotDirectory(deps.files.facts(place.sidecar));
  if (facts?.kind !== 'file' || !(await isReachable(deps.files, place))) return undefined;
  return describeMarker(place.key, facts, await deps.sidecars.read(place.sidecar));
}

/** `a/b` where `a` is an object. */
async function ignoreNotDirectory<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (NOT_THERE.has(codeOf(error))) return undefined;
    throw error;
  }
}

const NOT_THERE: ReadonlySet<unknown> = new Set(['ENOTDIR', 'ENAMETOOLONG']);

/** Of a long object. With half of it a download takes a tenth longer, and with twice as much as long. */
const CHUNK = 524_288;

async function readWhole(file: OpenFile, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < buffer.length) {
    const bytes = await file.read(buffer.subarray(filled), start + filled);
    if (bytes === 0) throw shortened();
    filled += bytes;
  }
  return buffer;
}

function shortened(): Error {
  return new Error('a file became shorter while it was read');
}

/**
 * In one buffer: what is sent to many clients at once would be garbage faster than it is collected. The disk and the network
 * are busy at once all the same, because the system reads ahead and has what is not sent yet.
 */
export async function* readRange(file: OpenFile, start: number, end: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - start));
  try {
    for (let position = start; position < end; ) {
      const bytes = await file.read(buffer.subarray(0, end - position), position);
      if (bytes === 0) throw shortened();
      position += bytes;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    release(buffer);
  }
}
