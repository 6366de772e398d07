import { join } from 'node:path';
import { codeOf, type Disk } from '../disk.ts';
import type { Layout } from '../layout.ts';
import { compareKeys } from './order.ts';
import { MULTIPART_FOLDER, type Places, rootOf } from './place.ts';
import type { Settlement, UploadSize } from './settlement.ts';
import type { Description } from './sidecar.ts';
import { replaceText, type Staged } from './stage.ts';
import { StorageError } from './storage-error.ts';
import {
  formatPart,
  formatUpload,
  type Part,
  type PartChecksum,
  parsePart,
  parseUpload,
  type Upload,
} from './upload-file.ts';
import type { WriteDeps } from './write.ts';

export interface UploadDeps extends WriteDeps {
  readonly layout: Layout;
  readonly disk: Pick<Disk, 'read'>;
}

/** Where an upload is. */
export interface UploadPlace {
  readonly bucket: string;
  readonly root: string;
  readonly id: string;
  readonly document: string;
  readonly folder: string;
  readonly lock: string;
}

/** @throws StorageError `no-upload` for anything that is no id of ours, before it becomes a path. */
export function uploadPlace(layout: Layout, bucket: string, id: string): UploadPlace {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new StorageError('no-upload');
  const root = rootOf(layout, bucket);
  const folder = join(root, MULTIPART_FOLDER, id);
  return { bucket, root, id, folder, document: `${folder}.upload`, lock: `${bucket}/${MULTIPART_FOLDER}/${id}` };
}

export async function createUpload(
  deps: UploadDeps,
  { bucket, root, key }: Places,
  described: Description,
  reservation: Settlement,
): Promise<Upload> {
  reservation.fit(0, undefined, { entries: 1, uploads: 1 });
  const id = Buffer.from(deps.random(16)).toString('hex');
  const { document, folder } = uploadPlace(deps.layout, bucket, id);
  const upload = { id, key, initiated: deps.clock.now(), described };
  await deps.files.makeDirectory(join(root, MULTIPART_FOLDER));
  await deps.files.makeDirectory(folder);
  try {
    await replaceText(deps, root, document, formatUpload(upload));
  } catch (error) {
    await deps.files.removeDirectory(folder);
    throw error;
  }
  reservation.keep(0, { uploads: 1 });
  return upload;
}

/** @throws StorageError `no-upload`, also for an upload of another key. */
export async function requireUpload(deps: UploadDeps, place: UploadPlace, key: string): Promise<Upload> {
  const text = await deps.disk.read(place.document);
  const upload = text === undefined ? undefined : parseUpload(place.id, text);
  if (upload?.key !== key) throw new StorageError('no-upload');
  return upload;
}

/** Puts a staged part in its place; one with the same number is replaced. */
export async function commitPart(
  deps: UploadDeps,
  place: UploadPlace,
  key: string,
  staged: Staged & { readonly etag: string; readonly checksum: PartChecksum | undefined },
  number: number,
  reservation: Settlement,
): Promise<Part> {
  const { files, locks, gate, clock } = deps;
  const { size, etag, checksum } = staged;
  const part = { number, size, etag, modified: clock.now(), ...(checksum && { checksum }) };
  try {
    const work = async (): Promise<void> => {
      await requireUpload(deps, place, key);
      const facts = await files.facts(partFile(place, number));
      const old = facts?.size ?? 0;
      const parts = facts === undefined ? 1 : 0;
      reservation.fit(size - old, undefined, { entries: parts });
      // A part without its ETag does not count, so that of an old part never stands beside a new one.
      await files.remove(etagFile(place, number));
      await files.move(staged.data, partFile(place, number));
      reservation.keep(size - old, { parts });
      await replaceText(deps, place.root, etagFile(place, number), formatPart(part));
    };
    await gate.enter(place.bucket, () => locks.hold(place.lock, work));
  } catch (error) {
    await files.remove(staged.data);
    throw error;
  }
  return part;
}

/** In the order of their numbers. */
export async function readParts(deps: UploadDeps, place: UploadPlace, signal: AbortSignal): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const number of await partNumbers(deps, place)) {
    signal.throwIfAborted();
    const [text, facts] = await Promise.all([
      deps.disk.read(etagFile(place, number)),
      deps.files.facts(partFile(place, number)),
    ]);
    const part = text === undefined ? undefined : parsePart(number, text);
    if (part !== undefined && part.size === facts?.size) parts.push(part);
  }
  return parts;
}

/** What the parts of an upload take, the unfinished ones too: what the quota holds for them. */
export async function uploadSize(deps: UploadDeps, place: UploadPlace): Promise<UploadSize> {
  const numbers = await partNumbers(deps, place);
  let bytes = 0;
  for (const number of numbers) bytes += (await deps.files.facts(partFile(place, number)))?.size ?? 0;
  return { bytes, parts: numbers.length };
}

/** Ends the upload: its parts are gone, and the quota holds nothing for them. */
export async function abortUpload(
  deps: UploadDeps,
  place: UploadPlace,
  key: string,
  reservation: Settlement,
): Promise<void> {
  await deps.locks.hold(place.lock, async () => {
    await requireUpload(deps, place, key);
    const { bytes, parts } = await uploadSize(deps, place);
    await removeUpload(deps, place);
    reservation.keep(-bytes, { uploads: -1, parts: -parts });
  });
}

/** For those that hold its lock. Without its document the upload is over, and a restart removes what is left of it. */
export async function removeUpload(deps: UploadDeps, place: UploadPlace): Promise<void> {
  const { files } = deps;
  await files.remove(place.document);
  for (const number of await partNumbers(deps, place)) {
    await files.remove(partFile(place, number));
    await files.remove(etagFile(place, number));
  }
  await files.removeDirectory(place.folder);
}

/** All that are open, in the order of their keys and then of their ids. */
export async function readUploads(deps: UploadDeps, bucket: string, signal: AbortSignal): Promise<readonly Upload[]> {
  const uploads: Upload[] = [];
  for (const name of await namesIn(deps, join(rootOf(deps.layout, bucket), MULTIPART_FOLDER))) {
    signal.throwIfAborted();
    const id = /^([0-9a-f]{32})\.upload$/.exec(name)?.[1];
    const text = id === undefined ? undefined : await deps.disk.read(uploadPlace(deps.layout, bucket, id).document);
    const upload = id === undefined || text === undefined ? undefined : parseUpload(id, text);
    if (upload !== undefined) uploads.push(upload);
  }
  return uploads.sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.id, b.id));
}

export function partFile({ folder }: UploadPlace, number: number): string {
  return join(folder, `part-${number}`);
}

function etagFile({ folder }: UploadPlace, number: number): string {
  return join(folder, `etag-${number}`);
}

async function partNumbers(deps: UploadDeps, place: UploadPlace): Promise<readonly number[]> {
  const names = await namesIn(deps, place.folder);
  return names.flatMap((name) => (/^part-\d{1,5}$/.test(name) ? [Number(name.slice(5))] : [])).sort((a, b) => a - b);
}

async function namesIn({ files }: Pick<UploadDeps, 'files'>, directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of files.entries(directory)) names.push(name);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return names;
}
