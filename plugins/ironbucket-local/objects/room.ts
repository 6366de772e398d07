import type { KeyedLock } from '../../../src/lib/keyed-lock.ts';
import type { FileFacts, Files } from './files.ts';
import { folderInTheWay, makeFolders, removeEmpty } from './folders.ts';
import { refused, SIDECAR_SUFFIX } from './key.ts';
import type { Place, Places } from './place.ts';
import { fileAt } from './read.ts';
import { StorageError } from './storage-error.ts';

export interface RoomDeps {
  readonly files: Files;
  readonly locks: KeyedLock;
}

/** Where bytes go, and the file that they replace. */
export interface Room {
  readonly place: Place & { readonly data: string };
  readonly old: FileFacts | undefined;
}

/**
 * New objects have no more folders than this in their ordinary place: each costs an inode and a block that no limit
 * counts. Deeper ones are escaped, and those that are there already stay where they are.
 */
export const DEEPEST = 16;

/** Makes room for an object where it is, or else where it can be, before anything is counted. */
export async function makeRoom(deps: RoomDeps, { bucket, ordinary, escaped }: Places): Promise<Room> {
  if (hasData(ordinary)) {
    const old = await fileAt(deps, ordinary);
    if (old !== undefined) return { place: ordinary, old };
    const hidden = await fileAt(deps, escaped());
    if (hidden !== undefined) return { place: escaped(), old: hidden };
    if (ordinary.folders.length <= DEEPEST && (await isRoomAt(deps, bucket, ordinary)))
      return { place: ordinary, old: undefined };
  }
  const place = escaped();
  await makeFolders(deps.files, place);
  return { place, old: await fileAt(deps, place) };
}

function hasData(place: Place | undefined): place is Room['place'] {
  return place?.data !== undefined;
}

/** False when something else is in the way: an object that would have to be a folder, or a folder with objects in it. */
async function isRoomAt(deps: RoomDeps, bucket: string, place: Room['place']): Promise<boolean> {
  try {
    await makeFolders(deps.files, place);
    const kind = (await deps.files.facts(place.data))?.kind;
    if (kind === 'other') throw refused('something that is no object has its name');
    if (kind === 'directory') await replaceFolder(deps, bucket, place.root, place.data);
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'bad-key') return false;
    throw error;
  }
}

/** `a` can be written when nothing is left of `a/b`. */
async function replaceFolder(deps: RoomDeps, bucket: string, root: string, folder: string): Promise<void> {
  const { files, locks } = deps;
  const removed = await removeEmpty(files, folder, async (sidecar) => {
    const data = sidecar.slice(0, -SIDECAR_SUFFIX.length);
    await locks.hold(`${bucket}/${data.slice(root.length + 1)}`, async () => {
      if ((await files.facts(data)) === undefined) await files.remove(sidecar);
    });
  });
  if (!removed) throw folderInTheWay();
}
