import type { Clock } from '../../../src/lib/clock.ts';
import { createKeyedLock } from '../../../src/lib/keyed-lock.ts';
import { untilAborted } from '../../../src/lib/until-aborted.ts';
import { batchedRandom } from '../batched-random.ts';
import { codeOf, type Disk } from '../disk.ts';
import type { Layout } from '../layout.ts';
import { completeUpload, type NamedPart, type WholeTerms } from './complete.ts';
import type { Files } from './files.ts';
import { isReachable } from './folders.ts';
import { createGate } from './gate.ts';
import { type ListDeps, type ListQuery, listObjects, type Page } from './listing.ts';
import { type Place, type Places, placesOf, rootOf } from './place.ts';
import { factsAt, glance, type OpenObject, openObject, sizeAt } from './read.ts';
import { recoverBucket } from './recover.ts';
import type { Settlement } from './settlement.ts';
import type { Description } from './sidecar.ts';
import { openSidecars } from './sidecars.ts';
import { type Body, discard, type Staged, stageWithEtag } from './stage.ts';
import { StorageError } from './storage-error.ts';
import type { StoredObject } from './stored.ts';
import type { Part, Upload } from './upload-file.ts';
import {
  abortUpload,
  commitPart,
  createUpload,
  readParts,
  readUploads,
  requireUpload,
  type UploadDeps,
  type UploadPlace,
  uploadPlace,
} from './uploads.ts';
import { openWindows } from './windows.ts';
import { type Changing, commitMarker, commitObject, redescribe, removeObject, type Terms } from './write.ts';

export interface ObjectsDeps {
  readonly files: Files;
  readonly disk: Pick<Disk, 'read'>;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly removeEmptyFolders: boolean;
  /** Told of every change of an object. Default: not told */
  readonly changing?: Changing | undefined;
}

export interface Content extends Body {
  /** Asked when the body has ended: what was computed on the way belongs to it. What it throws refuses the object. */
  readonly describe: (etag: string) => Description;
}

/** Objects as files in the directory of a bucket. Keys that S3 does not allow are refused by every method. */
export interface Objects {
  /** Undefined when there is none. */
  head(bucket: string, key: string): Promise<StoredObject | undefined>;
  /** Bytes that are under the key at this moment, 0 for none. */
  size(bucket: string, key: string): Promise<number>;
  /** The object with its bytes; the caller must close it. */
  open(bucket: string, key: string): Promise<OpenObject | undefined>;
  put(bucket: string, key: string, content: Content, terms: Terms, signal: AbortSignal): Promise<StoredObject>;
  /** Returns whether there was one. */
  remove(bucket: string, key: string, terms: Terms): Promise<boolean>;
  /** Changes what an object says about itself, and nothing of its bytes. Returns whether there was one. */
  describe(bucket: string, key: string, change: (described: StoredObject) => Description): Promise<boolean>;
  list(bucket: string, query: ListQuery, signal: AbortSignal): Promise<Page>;
  readonly uploads: Uploads;
  /** Clears up what a process that died left behind; before anything else is done with the bucket, and once. */
  recover(bucket: string, signal: AbortSignal): Promise<void>;
  /** Runs `work` while no object of the bucket changes. */
  close<T>(bucket: string, work: () => Promise<T>): Promise<T>;
}

export interface PartRef {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

/** Multipart uploads. Every method but `create` and `list` throws `NoSuchUpload`. */
export interface Uploads {
  create(bucket: string, key: string, described: Description, reservation: Settlement): Promise<Upload>;
  find(upload: PartRef): Promise<Upload>;
  putPart(upload: PartRef, number: number, body: Body, reservation: Settlement, signal: AbortSignal): Promise<Part>;
  parts(upload: PartRef, signal: AbortSignal): Promise<readonly Part[]>;
  complete(upload: PartRef, parts: readonly NamedPart[], terms: WholeTerms, signal: AbortSignal): Promise<StoredObject>;
  abort(upload: PartRef, reservation: Settlement): Promise<void>;
  list(bucket: string, signal: AbortSignal): Promise<readonly Upload[]>;
}

export function openObjects(given: ObjectsDeps): Objects {
  const gate = createGate();
  const deps = {
    ...given,
    random: batchedRandom(given.random),
    gate,
    locks: createKeyedLock(),
    windows: openWindows(given.files, given.clock),
    sidecars: openSidecars(given),
  };
  const recovered = new Map<string, Promise<void> | 'done'>();
  const { layout } = deps;
  const place = (bucket: string, key: string): Places => placesOf(layout, bucket, key);
  return {
    head: async (bucket, key) => {
      const at = place(bucket, key);
      return deps.locks.hold(at.lock, () => factsAt(deps, at));
    },
    size: async (bucket, key) => sizeAt(deps, place(bucket, key)),
    open: async (bucket, key) => openObject(deps, place(bucket, key)),
    put: (bucket, key, { describe, ...body }, terms, signal) =>
      inBucket(deps, bucket, async () => {
        const at = place(bucket, key);
        const staged = await stageWithEtag(deps, at.root, body, signal);
        return put(deps, at, staged, await described(deps, staged, describe), terms);
      }),
    remove: (bucket, key, terms) => inBucket(deps, bucket, () => removeObject(deps, place(bucket, key), terms)),
    describe: (bucket, key, change) => inBucket(deps, bucket, () => redescribe(deps, place(bucket, key), change)),
    list: (bucket, query, signal) => listObjects({ ...deps, facts: createFacts(deps) }, bucket, query, signal),
    recover: async (bucket, signal) => {
      const before = recovered.get(bucket);
      if (before === 'done') return;
      const recovery = before ?? recoverBucket(deps, bucket);
      recovered.set(bucket, recovery);
      recovery.catch(() => recovered.delete(bucket));
      await untilAborted(recovery, signal);
      recovered.set(bucket, 'done');
    },
    close: gate.close,
    uploads: openUploads(deps),
  };
}

/** For one page: every folder is looked at once. */
function createFacts(deps: UploadDeps): ListDeps['facts'] {
  const folders = new Map<string, Promise<boolean>>();
  const isThere = (at: Place): Promise<boolean> => {
    const known = folders.get(at.folder) ?? isReachable(deps.files, at);
    folders.set(at.folder, known);
    return known;
  };
  return async (bucket, key) => {
    const at = placesOf(deps.layout, bucket, key);
    return (await glance(deps, at, isThere)) ?? (await deps.locks.hold(at.lock, () => factsAt(deps, at)));
  };
}

function openUploads(deps: UploadDeps): Uploads {
  const { layout } = deps;
  const at = ({ bucket, id }: PartRef): UploadPlace => uploadPlace(layout, bucket, id);
  return {
    create: (bucket, key, described, reservation) =>
      inBucket(deps, bucket, () => createUpload(deps, placesOf(layout, bucket, key), described, reservation)),
    find: async (upload) => requireUpload(deps, at(upload), upload.key),
    putPart: (upload, number, body, reservation, signal) =>
      inBucket(deps, upload.bucket, async () => {
        await requireUpload(deps, at(upload), upload.key);
        const staged = await stageWithEtag(deps, at(upload).root, body, signal);
        const checksum = body.checksum?.();
        return commitPart(deps, at(upload), upload.key, { ...staged, checksum }, number, reservation);
      }),
    parts: async (upload, signal) => {
      await requireUpload(deps, at(upload), upload.key);
      return readParts(deps, at(upload), signal);
    },
    complete: (upload, parts, terms, signal) =>
      inBucket(deps, upload.bucket, () => {
        const object = placesOf(layout, upload.bucket, upload.key);
        return completeUpload(deps, { object, upload: at(upload) }, parts, terms, signal);
      }),
    abort: async (upload, reservation) => abortUpload(deps, at(upload), upload.key, reservation),
    list: (bucket, signal) => readUploads(deps, bucket, signal),
  };
}

/** A key that ends in a slash is a marker of a folder when it has no bytes, and an object otherwise. */
async function put(
  deps: UploadDeps,
  at: Places,
  staged: Staged & { readonly etag: string },
  described: Description,
  terms: Terms,
): Promise<StoredObject> {
  const isMarker = at.key.endsWith('/');
  if (isMarker && staged.size === 0) {
    const marker = await discardOnFailure(deps, staged, () => commitMarker(deps, at, described, terms));
    if (marker !== undefined) {
      await discard(deps, staged);
      return marker;
    }
  }
  return await commitObject(deps, at, staged, described, terms);
}

function described(
  deps: UploadDeps,
  staged: Staged & { readonly etag: string },
  describe: Content['describe'],
): Promise<Description> {
  return discardOnFailure(deps, staged, async () => describe(staged.etag));
}

async function discardOnFailure<T>(deps: UploadDeps, staged: Staged, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await discard(deps, staged);
    throw error;
  }
}

/** Whatever was missing: when the bucket is, that is the reason. */
async function inBucket<T>(
  { files, layout }: Pick<ObjectsDeps, 'files' | 'layout'>,
  bucket: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    if ((await files.facts(rootOf(layout, bucket)))?.kind === 'directory') throw cause;
    throw new StorageError('no-bucket', { cause });
  }
}
