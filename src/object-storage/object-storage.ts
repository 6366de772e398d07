import type { Readable } from 'node:stream';
import type { AuditRecord } from './audit.ts';
import type { UploadBody } from './body.ts';
import type { Opened, StorageDeps } from './deps.ts';
import { StorageDownloadError } from './errors.ts';
import { explain } from './explain.ts';
import { type BucketResult, type InitializeOptions, initializeBucket } from './initialize.ts';
import { bundleKey, checkKey, debugKey, type Folder, prefixOf, sampleKey } from './keys.ts';
import { listObjects } from './listing.ts';
import { fromHeaders, type Metadata } from './metadata.ts';
import { presign } from './presign.ts';
import { type CleanupOptions, type CleanupReport, cleanUp } from './retention.ts';
import { openSdk, type Sdk } from './sdk.ts';
import type { ObjectStorageSettings } from './settings.ts';
import { type BucketStats, bucketStats } from './stats.ts';
import { upload } from './upload.ts';

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  readonly metadata: Metadata;
}

export interface Download {
  readonly body: Readable;
  /** Bytes; undefined when the server does not say. */
  readonly size: number | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Metadata;
}

interface UploadFacts {
  /** Names like `user_id`; `user_id` goes into the audit record, too. */
  readonly metadata?: Metadata;
}

/**
 * Log samples, TA bundles and debug artefacts in three private buckets. Keys are `samples/{request_id}/{filename}`,
 * `tas/{request_id}/v{version}/{revision_id}.tgz` and `debug/{validation_run_id}/{filename}`; ids are UUIDs. Every method
 * throws a StorageError with a status code and what was being done to what.
 */
export interface ObjectStorage extends AsyncDisposable {
  initializeBuckets(options: InitializeOptions, signal: AbortSignal): Promise<readonly BucketResult[]>;
  /** Returns the key. */
  uploadLogSample(
    sample: UploadFacts & { requestId: string; filename: string; contentType: string; body: UploadBody },
    signal: AbortSignal,
  ): Promise<string>;
  uploadTaBundle(
    bundle: UploadFacts & { requestId: string; revisionId: string; version: string | number; body: UploadBody },
    signal: AbortSignal,
  ): Promise<string>;
  uploadDebugBundle(
    bundle: UploadFacts & { validationRunId: string; filename: string; body: UploadBody },
    signal: AbortSignal,
  ): Promise<string>;
  /** @throws StorageNotFoundError */
  download(folder: Folder, key: string, signal: AbortSignal): Promise<Download>;
  /** A URL that needs no credentials, good for 1 to 604800 seconds; `presigned_url_expiration` by default. */
  presignedUrl(folder: Folder, key: string, seconds?: number): Promise<string>;
  /** Log samples of a request, revisions of a TA, or artefacts of a validation run. */
  list(folder: Folder, id: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** Only samples are ever removed. */
  deleteLogSample(key: string, signal: AbortSignal): Promise<true>;
  cleanupExpiredSamples(options: CleanupOptions, signal: AbortSignal): Promise<CleanupReport>;
  stats(signal: AbortSignal): Promise<readonly BucketStats[]>;
  close(): Promise<void>;
}

/** Connects to nothing yet, and loads the SDK with the first call. */
export function createObjectStorage(settings: ObjectStorageSettings, deps: StorageDeps): ObjectStorage {
  const opened = open(settings, deps);
  const bucketOf = (folder: Folder): string =>
    ({ samples: settings.bucket_samples, tas: settings.bucket_tas, debug: settings.bucket_debug })[folder];
  const all = (['samples', 'tas', 'debug'] as const).map(bucketOf);

  async function store(
    folder: Folder,
    key: string,
    object: { event: AuditRecord['event']; id: string; contentType: string; body: UploadBody; metadata?: Metadata },
    signal: AbortSignal,
  ): Promise<string> {
    const { event, id, contentType, body, metadata = {} } = object;
    await upload(opened, { bucket: bucketOf(folder), key, body, contentType, metadata }, signal);
    await opened.audit({ event, request_id: id, storage_key: key, user_id: metadata['user_id'] ?? null });
    return key;
  }

  return {
    initializeBuckets: async (options, signal) => {
      const results = [];
      for (const bucket of all) results.push(await initializeBucket(opened, bucket, options, signal));
      return results;
    },
    uploadLogSample: async ({ requestId: id, filename, ...sample }, signal) =>
      store('samples', sampleKey(id, filename), { event: 'log_sample_uploaded', id, ...sample }, signal),
    uploadTaBundle: async ({ requestId: id, revisionId, version, ...bundle }, signal) => {
      const key = bundleKey(id, version, revisionId);
      return store('tas', key, { event: 'ta_bundle_uploaded', id, contentType: 'application/gzip', ...bundle }, signal);
    },
    uploadDebugBundle: async ({ validationRunId: id, filename, ...bundle }, signal) => {
      const object = { event: 'debug_bundle_uploaded', id, contentType: 'application/zip', ...bundle } as const;
      return store('debug', debugKey(id, filename), object, signal);
    },
    download: async (folder, key, signal) => download(opened, bucketOf(folder), checkKey(folder, key), signal),
    presignedUrl: async (folder, key, seconds = settings.presigned_url_expiration) =>
      presign(opened, { bucket: bucketOf(folder), key: checkKey(folder, key), seconds }),
    list: (folder, id, signal) => listWithMetadata(opened, bucketOf(folder), prefixOf(folder, id), signal),
    deleteLogSample: async (key, signal) => {
      const bucket = bucketOf('samples');
      await removeObject(opened, bucket, checkKey('samples', key), signal);
      return true;
    },
    cleanupExpiredSamples: (options, signal) => cleanUp(opened, options, signal),
    stats: async (signal) => {
      const results = [];
      for (const bucket of all) results.push(await bucketStats(opened, bucket, signal));
      return results;
    },
    close: opened.close,
    [Symbol.asyncDispose]: opened.close,
  };
}

function open(settings: ObjectStorageSettings, deps: StorageDeps): Opened & { close(): Promise<void> } {
  const { clock, log, uploads } = deps;
  let opening: Promise<Sdk> | undefined;
  return {
    settings,
    ...(log !== undefined && { log }),
    ...(uploads !== undefined && { uploads }),
    clock,
    sdk: () => {
      opening ??= openSdk(settings, deps.agents, settings.endpoint);
      return opening;
    },
    audit: async (record) => {
      if (!settings.enable_audit_logging) return;
      const full: AuditRecord = { ...record, timestamp: clock.now().toISOString() };
      if (deps.audit === undefined) log?.info({ ...full }, 'object storage audit');
      else await deps.audit(full);
    },
    close: async () => {
      const sdk = await opening?.catch(() => undefined);
      sdk?.client.destroy();
      opening = undefined;
    },
  };
}

async function download({ sdk }: Opened, bucket: string, key: string, signal: AbortSignal): Promise<Download> {
  const context = { operation: 'download', bucket, key };
  try {
    const { s3, client } = await sdk();
    const answer = await client.send(new s3.GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    if (answer.Body === undefined) throw new StorageDownloadError(`${key} came without a body`, { context });
    const { ContentLength: size, ContentType: contentType, Metadata: metadata } = answer;
    return { body: answer.Body as Readable, size, contentType, metadata: fromHeaders(metadata) };
  } catch (error) {
    throw explain(error, 'download', context);
  }
}

/** Facts of an object are in no listing: each takes a request. */
async function* listWithMetadata(
  opened: Opened,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  const { s3, client } = await opened.sdk();
  for await (const object of listObjects(opened, bucket, prefix, signal)) {
    const head = new s3.HeadObjectCommand({ Bucket: bucket, Key: object.key });
    const answer = await client.send(head, { abortSignal: signal }).catch((error: unknown) => {
      throw explain(error, 'download', { operation: 'list', bucket, key: object.key });
    });
    yield { ...object, metadata: fromHeaders(answer.Metadata) };
  }
}

async function removeObject(opened: Opened, bucket: string, key: string, signal: AbortSignal): Promise<void> {
  try {
    const { s3, client } = await opened.sdk();
    await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
  } catch (error) {
    throw explain(error, 'retention', { operation: 'delete', bucket, key });
  }
  const [, id = ''] = key.split('/');
  await opened.audit({ event: 'log_sample_deleted', request_id: id, storage_key: key, user_id: null });
}
