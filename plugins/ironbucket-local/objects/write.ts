import type { Clock } from '../../../src/lib/clock.ts';
import { codeOf } from '../disk.ts';
import { folderInTheWay, makeFolders, pruneFolders } from './folders.ts';
import type { Gate } from './gate.ts';
import { refused } from './key.ts';
import type { Place, Places } from './place.ts';
import { factsAt, fileAt, findObject, markerAt, type ReadDeps } from './read.ts';
import { DEEPEST, makeRoom } from './room.ts';
import { type Settlement, settle, type UploadSize } from './settlement.ts';
import { type Description, formatSidecar, type Sidecar } from './sidecar.ts';
import { discard, replaceText, type StageDeps, type Staged, stageMarker, stageSidecar } from './stage.ts';
import { StorageError } from './storage-error.ts';
import { EMPTY_MD5, type StoredObject } from './stored.ts';

export interface WriteDeps extends ReadDeps, StageDeps {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly removeEmptyFolders: boolean;
  readonly changing?: Changing | undefined;
}

/** An object is about to change; the result is called when it has. */
export type Changing = (bucket: string, key: string) => () => void;

/** What a change of an object needs besides its bytes. */
export interface Terms {
  readonly reservation: Settlement;
  /** Looks at what is there, under the lock of the key; throws to refuse the change. */
  readonly condition?: ((current: StoredObject | undefined) => void) | undefined;
}

/** Terms of an object that is made of parts. */
export interface CompleteTerms extends Terms {
  readonly upload?: UploadSize;
}

/**
 * Puts what is staged in the place of the object: the old one or the new one, never half, also after a crash at any
 * point. What is staged is gone afterwards, also when this throws.
 */
export async function commitObject(
  deps: WriteDeps,
  places: Places,
  staged: Staged & { readonly etag: string },
  described: Description,
  { reservation, condition, upload }: CompleteTerms,
): Promise<StoredObject> {
  const { size, etag } = staged;
  const sidecar = complete(deps, places, described, { size, etag });
  try {
    await stageSidecar(deps, staged, sidecar);
    await change(deps, places, async () => {
      // Only a condition needs to know more than the size.
      if (condition !== undefined) condition(await factsAt(deps, places));
      const { place, old } = await makeRoom(deps, places);
      const marker = await markerOf(deps, places);
      const delta = size - (old?.size ?? 0);
      const objects = old === undefined && marker === undefined ? 1 : 0;
      reservation.fit(delta, place.path, { upload, entries: objects });
      await settle(reservation, { bytes: delta, objects }, () =>
        moveInto(deps, place, staged.data, place.data, old !== undefined),
      );
      // A file that is replaced by another one is written out at once by some file systems, one that is not there is not.
      if (old !== undefined) await deps.files.remove(place.sidecar);
      await finish(deps, place, staged.sidecar);
      if (marker !== undefined) await deps.files.remove(marker);
    });
  } catch (error) {
    await discard(deps, staged);
    throw error;
  }
  return sidecar;
}

/**
 * A key that ends in a slash, without bytes: a sidecar in the folder of its name. Returns undefined when that cannot be,
 * because an object has the name of the folder or the key has bytes already.
 */
export async function commitMarker(
  deps: WriteDeps,
  places: Places,
  described: Description,
  { reservation, condition }: Terms,
): Promise<StoredObject | undefined> {
  const { ordinary: place } = places;
  if (place === undefined || place.data !== undefined || place.folders.length > DEEPEST) return undefined;
  const sidecar = complete(deps, places, described, { size: 0, etag: EMPTY_MD5 });
  const staged = await stageMarker(deps, places.root, sidecar);
  try {
    await change(deps, places, async () => {
      condition?.(await factsAt(deps, places));
      if ((await fileAt(deps, places.escaped())) !== undefined) throw refused('it has contents');
      await makeFolders(deps.files, place);
      const objects = (await deps.files.facts(place.sidecar)) === undefined ? 1 : 0;
      reservation.fit(0, place.path, { entries: objects });
      await settle(reservation, { bytes: 0, objects }, () =>
        moveInto(deps, place, staged.sidecar, place.sidecar, objects === 0),
      );
    });
  } catch (error) {
    await deps.files.remove(staged.sidecar);
    if (error instanceof StorageError && error.reason === 'bad-key') return undefined;
    throw error;
  }
  return sidecar;
}

/** The marker of a folder that is about to get contents: it would hide them. */
async function markerOf(deps: WriteDeps, { ordinary }: Places): Promise<string | undefined> {
  if (ordinary === undefined || ordinary.data !== undefined) return undefined;
  return (await markerAt(deps, ordinary)) && ordinary.sidecar;
}

/** Removes the one object, never what is below it. Returns whether there was one. */
export async function removeObject(
  deps: WriteDeps,
  places: Places,
  { reservation, condition }: Terms,
): Promise<boolean> {
  const { files } = deps;
  const removed = await change(deps, places, async () => {
    const found = await findObject(deps, places);
    condition?.(found?.object);
    if (found === undefined) return undefined;
    const { place, object } = found;
    const effect = { bytes: place.data === undefined ? 0 : -object.size, objects: -1 };
    reservation.fit(effect.bytes, place.path);
    await settle(reservation, effect, () => files.remove(place.data ?? place.sidecar));
    if (place.data !== undefined) await files.remove(place.sidecar);
    return place;
  });
  if (removed === undefined) return false;
  // The folder of a marker was made for it, and those of escaped keys are of no use to other servers.
  if (deps.removeEmptyFolders || removed === places.escaped()) await pruneFolders(files, removed);
  else if (removed.data === undefined) await files.removeDirectory(removed.folder);
  return true;
}

/** Replaces the sidecar: the object keeps its bytes, ETag and time. Returns whether there was one. */
export async function redescribe(
  deps: WriteDeps,
  places: Places,
  update: (object: StoredObject) => Description,
): Promise<boolean> {
  return await change(deps, places, async () => {
    const found = await findObject(deps, places);
    if (found === undefined) return false;
    const { key, size, etag, modified, encrypted } = found.object;
    const sidecar = { ...update(found.object), key, size, etag, modified, encrypted };
    await replaceText(deps, places.root, found.place.sidecar, formatSidecar(sidecar));
    return true;
  });
}

function change<T>(
  { gate, locks, changing }: WriteDeps,
  { bucket, key, lock }: Places,
  work: () => Promise<T>,
): Promise<T> {
  return gate.enter(bucket, () =>
    locks.hold(lock, async () => {
      const changed = changing?.(bucket, key);
      try {
        return await work();
      } finally {
        changed?.();
      }
    }),
  );
}

function complete(
  { clock }: WriteDeps,
  { key }: Places,
  described: Description,
  { size, etag }: { readonly size: number; readonly etag: string },
): Sidecar {
  return Object.assign({}, described, { key, size, etag, modified: clock.now(), encrypted: false });
}

/** An empty folder may be removed between its making and the move. */
const ATTEMPTS = 5;

async function moveInto(
  { files }: WriteDeps,
  place: Place,
  from: string,
  to: string,
  replaces: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (replaces ? files.replace(from, to) : files.move(from, to));
    } catch (error) {
      if (codeOf(error) === 'EISDIR') throw folderInTheWay();
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
      await makeFolders(files, place);
    }
  }
}

/** The data is in place. A sidecar that cannot follow must not stay for the next start, which would believe it. */
async function finish({ files }: WriteDeps, { sidecar }: Place, staged: string): Promise<void> {
  try {
    await files.move(staged, sidecar);
  } catch (error) {
    await files.remove(staged);
    await files.remove(sidecar);
    throw error;
  }
}
