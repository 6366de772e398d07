import { join } from 'node:path';
import { isAbsent } from '../disk.ts';
import type { FileFacts, Files } from './files.ts';
import { isInternalName, refused, SIDECAR_SUFFIX } from './key.ts';
import type { Place } from './place.ts';
import { StorageError } from './storage-error.ts';

type Where = Pick<Place, 'root' | 'folders'>;

/** Are the folders of the object real directories inside the bucket? A link in the way leads out of what is counted. */
export async function isReachable(files: Files, { root, folders }: Where): Promise<boolean> {
  let path = root;
  for (const name of folders) {
    path = join(path, name);
    if ((await kindOf(files, path)) !== 'directory') return false;
  }
  return true;
}

async function kindOf(files: Files, path: string): Promise<FileFacts['kind'] | undefined> {
  try {
    return (await files.facts(path))?.kind;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * Makes the folders of a key, but never the bucket.
 *
 * @throws StorageError `no-bucket`; `bad-key` when a part of the way is an object or a link.
 */
export async function makeFolders(files: Files, where: Where): Promise<void> {
  const { root, folders } = where;
  if (folders.length === 0 || (await isReachable(files, where))) return;
  if ((await files.facts(root)) === undefined) throw new StorageError('no-bucket');
  for (let depth = 1; depth <= folders.length; depth++) {
    const path = join(root, ...folders.slice(0, depth));
    await files.makeDirectory(path);
    // Before the next one is made: behind a link, it would be made elsewhere.
    const kind = (await files.facts(path))?.kind;
    if (kind === 'file') throw refused('an object has the name of one of its folders');
    if (kind === 'other') throw refused('a link has the name of one of its folders');
  }
  if (!(await isReachable(files, where))) throw new StorageError('conflict');
}

/**
 * Removes a folder in which there is no object, with the empty ones below it; returns whether it is gone. `orphan` removes
 * a sidecar whose object is gone, which a crash between the two removals leaves.
 */
export async function removeEmpty(
  files: Files,
  folder: string,
  orphan: (sidecar: string) => Promise<void>,
): Promise<boolean> {
  if (await files.removeDirectory(folder)) return true;
  const orphans: string[] = [];
  const below: string[] = [];
  try {
    for await (const { name, kind } of files.entries(folder)) {
      if (kind === 'directory' && !isInternalName(name)) below.push(name);
      else if (kind === 'file' && name.endsWith(SIDECAR_SUFFIX) && name !== SIDECAR_SUFFIX) orphans.push(name);
      else return false;
    }
    for (const name of below) if (!(await removeEmpty(files, join(folder, name), orphan))) return false;
    for (const name of orphans) await orphan(join(folder, name));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return files.removeDirectory(folder);
}

/** Removes the folders that a deletion left empty, from the object up to the bucket. */
export async function pruneFolders(files: Files, { root, folders }: Where): Promise<void> {
  for (let depth = folders.length; depth > 0; depth--) {
    if (!(await files.removeDirectory(join(root, ...folders.slice(0, depth))))) return;
  }
}

export function folderInTheWay(): StorageError {
  return refused('other objects have it as their folder');
}
