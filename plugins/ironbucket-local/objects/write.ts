import type { Clock } from '../../../src/lib/clock.ts';
import { codeOf } from '../disk.ts';
import type { FileFacts } from './files.ts';
import { folderInTheWay, makeFolders, pruneFolders, removeEmpty } from './folders.ts';
import type { Gate } from './gate.ts';
import { refused, SIDECAR_SUFFIX } from './key.ts';
import type { Place } from './place.ts';
import { factsAt, type ReadDeps } from './read.ts';
import { type Settlement, settle } from './settlement.ts';
import type { Description, Sidecar } from './sidecar.ts';
import { discard, type StageDeps, type Staged, stageMarker, stageSidecar } from './stage.ts';
import { EMPTY_MD5, type StoredObject } from './stored.ts';

export interface WriteDeps extends ReadDeps, StageDeps {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly removeEmptyFolders: boolean;
}

/** What a change of an object needs besides its bytes. */
export interface Terms {
  readonly reservation: Settlement;
  /** Looks at what is there, under the lock of the key; throws to refuse the change. */
  readonly condition?: ((current: StoredObject | undefined) => void) | undefined;
}

/** Terms of an object that is made of parts: the bytes that the quota holds for them. */
export interface CompleteTerms extends Terms {
  readonly parts?: number;
}

/**
 * Puts what is staged in the place of the object: the old one or the new one, never half, also after a crash at any
 * point. What is staged is gone afterwards, also when this throws.
 */
export async function commitObject(
  deps: WriteDeps,
  place: Place,
  staged: Staged & { readonly etag: string },
  described: Description,
  { reservation, condition, parts = 0 }: CompleteTerms,
): Promise<StoredObject> {
  const { data: target, key } = place;
  const { size, etag } = staged;
  const sidecar = complete(deps, place, described, { size, etag });
  try {
    if (target === undefined) throw refused('the marker of a folder has no contents');
    await stageSidecar(deps, staged, sidecar);
    await change(deps, place, async () => {
      // Only a condition needs to know more than the size.
      if (condition !== undefined) condition(await factsAt(deps, place));
      const old = await makeRoom(deps, place, target);
      const delta = size - (old?.size ?? 0);
      reservation.fit(delta, key, parts);
      const effect = { bytes: delta, objects: old === undefined ? 1 : 0 };
      await settle(reservation, effect, () => moveInto(deps, place, staged.data, target));
      await finish(deps, place, staged.sidecar);
    });
  } catch (error) {
    await discard(deps, staged);
    throw error;
  }
  return sidecar;
}

/** A key that ends in a slash: an object without bytes, which counts as none. */
export async function commitMarker(
  deps: WriteDeps,
  place: Place,
  described: Description,
  { reservation, condition }: Terms,
): Promise<StoredObject> {
  const sidecar = complete(deps, place, described, { size: 0, etag: EMPTY_MD5 });
  const staged = await stageMarker(deps, place.root, sidecar);
  try {
    await change(deps, place, async () => {
      condition?.(await factsAt(deps, place));
      await makeFolders(deps.files, place);
      reservation.fit(0, place.key);
      await settle(reservation, NOTHING, () => moveInto(deps, place, staged.sidecar, place.sidecar));
    });
  } catch (error) {
    await deps.files.remove(staged.sidecar);
    throw error;
  }
  return sidecar;
}

/** Removes the one object, never what is below it. Answers whether there was one. */
export async function removeObject(deps: WriteDeps, place: Place, { reservation, condition }: Terms): Promise<boolean> {
  const { files } = deps;
  const { data, key } = place;
  const removed = await change(deps, place, async () => {
    const current = await factsAt(deps, place);
    condition?.(current);
    if (current === undefined) return false;
    // A marker has no bytes and is no file that a scan counts.
    const effect = data === undefined ? NOTHING : { bytes: -current.size, objects: -1 };
    reservation.fit(effect.bytes, key);
    await settle(reservation, effect, () => files.remove(data ?? place.sidecar));
    if (data !== undefined) await files.remove(place.sidecar);
    return true;
  });
  if (removed && data === undefined) await files.removeDirectory(place.folder);
  if (removed && deps.removeEmptyFolders) await pruneFolders(files, place);
  return removed;
}

const NOTHING = { bytes: 0, objects: 0 };

function change<T>({ gate, locks }: WriteDeps, { bucket, lock }: Place, work: () => Promise<T>): Promise<T> {
  return gate.enter(bucket, () => locks.hold(lock, work));
}

function complete(
  { clock }: WriteDeps,
  { key }: Place,
  described: Description,
  { size, etag }: { readonly size: number; readonly etag: string },
): Sidecar {
  return { ...described, key, size, etag, modified: clock.now(), encrypted: false };
}

/** Answers what will be replaced. Refuses what cannot take the place of what is there, before anything is counted. */
async function makeRoom(deps: WriteDeps, place: Place, target: string): Promise<FileFacts | undefined> {
  await makeFolders(deps.files, place);
  const facts = await deps.files.facts(target);
  if (facts?.kind === 'file') return facts;
  if (facts?.kind === 'other') throw refused('something that is no object has its name');
  if (facts?.kind === 'directory') await replaceFolder(deps, place, target);
  return undefined;
}

/** Somebody may remove an empty folder between its making and the move. */
const ATTEMPTS = 5;

async function moveInto({ files }: WriteDeps, place: Place, from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await files.move(from, to);
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

/** `a` can be written when nothing is left of `a/b`. */
async function replaceFolder(deps: WriteDeps, place: Place, folder: string): Promise<void> {
  const { files, locks } = deps;
  const removed = await removeEmpty(files, folder, async (sidecar) => {
    const data = sidecar.slice(0, -SIDECAR_SUFFIX.length);
    const lock = `${place.bucket}/${data.slice(place.root.length + 1)}`;
    await locks.hold(lock, async () => {
      if ((await files.facts(data)) === undefined) await files.remove(sidecar);
    });
  });
  if (!removed) throw folderInTheWay();
}
