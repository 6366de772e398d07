import { join } from 'node:path';
import { type Disk, isAbsent } from '../disk.ts';
import type { Layout } from '../layout.ts';
import type { Entry, Files } from './files.ts';
import { SIDECAR_SUFFIX } from './key.ts';
import { MULTIPART_FOLDER, type Places, placesOf, rootOf, STAGE_FOLDER } from './place.ts';
import { fileAt } from './read.ts';
import { parseSidecar } from './sidecar.ts';
import { StorageError } from './storage-error.ts';

export interface RecoverDeps {
  readonly files: Files;
  readonly disk: Pick<Disk, 'read'>;
  readonly layout: Layout;
}

/**
 * What a process that died left in the stage of a bucket. A sidecar alone says that its data was moved into place, so it
 * follows; everything else was never acknowledged and goes. No writes to the bucket may happen meanwhile.
 */
export async function recoverBucket(deps: RecoverDeps, bucket: string): Promise<void> {
  const stage = join(rootOf(deps.layout, bucket), STAGE_FOLDER);
  const staged = (await entriesOf(deps.files, stage)).filter(({ kind }) => kind === 'file');
  const names = new Set(staged.map(({ name }) => name));
  const sidecars = [...names].filter((name) => name.endsWith(SIDECAR_SUFFIX));
  for (const name of sidecars) {
    if (!names.has(name.slice(0, -SIDECAR_SUFFIX.length))) await follow(deps, bucket, join(stage, name));
    // Before the data, or another crash would make it look like one whose data is in place.
    else await deps.files.remove(join(stage, name));
  }
  for (const name of names) {
    if (!name.endsWith(SIDECAR_SUFFIX)) await deps.files.remove(join(stage, name));
  }
  await removeParts(deps, bucket);
}

/** Parts of an upload whose document is gone: it was completed or aborted. */
async function removeParts({ files, layout }: RecoverDeps, bucket: string): Promise<void> {
  const folder = join(rootOf(layout, bucket), MULTIPART_FOLDER);
  const names = new Map((await entriesOf(files, folder)).map(({ name, kind }) => [name, kind]));
  for (const [id, kind] of names) {
    if (kind !== 'directory' || names.has(`${id}.upload`)) continue;
    for (const { name } of await entriesOf(files, join(folder, id))) {
      if (/^(part|etag)-\d+$/.test(name)) await files.remove(join(folder, id, name));
    }
    await files.removeDirectory(join(folder, id));
  }
}

async function entriesOf(files: Files, directory: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of files.entries(directory)) entries.push(entry);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return entries;
}

async function follow({ files, disk, layout }: RecoverDeps, bucket: string, staged: string): Promise<void> {
  const sidecar = parseSidecar((await disk.read(staged)) ?? '');
  const places = sidecar === undefined ? undefined : placesIn(layout, bucket, sidecar.key);
  for (const place of [places?.ordinary, places?.escaped()]) {
    const facts = place && (await fileAt({ files }, place));
    if (place === undefined || facts === undefined) continue;
    if (facts.size !== sidecar?.size) break;
    return await files.move(staged, place.sidecar);
  }
  await files.remove(staged);
}

/** Undefined for a key that this server would not have written. */
function placesIn(layout: Layout, bucket: string, key: string): Places | undefined {
  try {
    return placesOf(layout, bucket, key);
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
