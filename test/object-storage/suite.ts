import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import {
  type AuditRecord,
  type CleanedObject,
  createObjectStorage,
  type ObjectStorage,
  type ObjectStorageSettings,
  type RememberedUpload,
  readSettings,
  StorageInputError,
  StorageNotFoundError,
  StorageQuotaExceededError,
  whyRefused,
} from '../../src/object-storage/index.ts';
import { createS3 } from '../../src/s3/index.ts';

/** A server to store on. */
export interface StorageSite {
  /** Host and port. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Of the server: expiry is measured against the times it gives. */
  now(): Date;
  close(): Promise<void>;
}

const { signal } = new AbortController();
const MIB = 1_048_576;

/** What the object storage promises, on any S3 server. Buckets are new ones, and stay. */
export function describeStorage(name: string, start: () => Promise<StorageSite>): void {
  describe(`object storage on ${name}`, () => {
    let site: StorageSite;
    let settings: ObjectStorageSettings;
    let ahead = 0;
    const audits: AuditRecord[] = [];
    const remembered = new Map<string, RememberedUpload>();
    const storages: ObjectStorage[] = [];
    const open = (changes: Partial<ObjectStorageSettings> = {}): ObjectStorage => {
      const clock = { now: () => new Date(site.now().getTime() + ahead) } as Clock;
      const uploads = {
        remember: async (upload: RememberedUpload) => void remembered.set(upload.uploadId, upload),
        forget: async ({ uploadId }: { uploadId: string }) => void remembered.delete(uploadId),
        list: async function* () {
          yield* remembered.values();
        },
      };
      const audit = async (record: AuditRecord) => void audits.push(record);
      const storage = createObjectStorage({ ...settings, ...changes }, { clock, uploads, audit });
      storages.push(storage);
      return storage;
    };
    beforeAll(async () => {
      site = await start();
      const suffix = randomUUID().slice(0, 8);
      settings = readSettings({
        endpoint: site.endpoint,
        region: site.region,
        access_key: site.accessKey,
        secret_key: site.secretKey,
        bucket_samples: `waldur-samples-${suffix}`,
        bucket_tas: `waldur-tas-${suffix}`,
        bucket_debug: `waldur-debug-${suffix}`,
        max_upload_size_mb: 12,
      });
    });
    afterAll(async () => {
      for (const storage of storages) await storage.close();
      await site.close();
    });

    /** Unfinished ones that the server has, and that were remembered. */
    async function openUploads(): Promise<readonly string[]> {
      const { endpoint, region, accessKey, secretKey } = site;
      const s3 = createS3({
        connect: (options) => createHttp(options, { clock: systemClock }),
        endpoint: `http://${endpoint}`,
        region,
        keys: { accessKey, secretKey },
        now: site.now,
      });
      try {
        const uploads = await s3.objects.uploads(settings.bucket_samples, signal);
        return [...uploads.map(({ key }) => key), ...remembered.keys()];
      } finally {
        s3.close();
      }
    }

    it('makes the three buckets once, and only looks when told to', async () => {
      const storage = open();
      const outcomes = async (options: object) =>
        (await storage.initializeBuckets(options, signal)).map(({ outcome }) => outcome);
      expect(await outcomes({ verifyOnly: true })).toEqual(['missing', 'missing', 'missing']);
      expect(await outcomes({})).toEqual(['created', 'created', 'created']);
      expect(await outcomes({})).toEqual(['exists', 'exists', 'exists']);
      expect(await outcomes({ force: true })).toEqual(['recreated', 'recreated', 'recreated']);
    });

    it('returns what was stored, with its facts', async () => {
      const requestId = randomUUID();
      const metadata = { user_id: 'u-17', kind: 'syslog' };
      const sample = { requestId, filename: 'messages log.txt', contentType: 'text/plain', body: 'hello', metadata };
      const key = await open().uploadLogSample(sample, signal);
      expect(key).toBe(`samples/${requestId}/messages log.txt`);
      const got = await open().download('samples', key, signal);
      expect(await text(got.body)).toBe('hello');
      expect([got.contentType, got.size, got.metadata]).toEqual(['text/plain', 5, metadata]);
      const listed = [];
      for await (const object of open().list('samples', requestId, signal)) listed.push(object);
      expect(listed).toMatchObject([{ key, size: 5, metadata }]);
      expect(audits.at(-1)).toMatchObject({ event: 'log_sample_uploaded', storage_key: key, user_id: 'u-17' });
    });

    it('keeps bundles and artefacts where they belong', async () => {
      const ids = { requestId: randomUUID(), revisionId: randomUUID() };
      const bundle = await open().uploadTaBundle({ ...ids, version: 2, body: Buffer.from('tgz') }, signal);
      expect(bundle).toBe(`tas/${ids.requestId}/v2/${ids.revisionId}.tgz`);
      const run = { validationRunId: randomUUID(), filename: 'debug.zip', body: Readable.from([Buffer.from('zip')]) };
      expect(await open().uploadDebugBundle(run, signal)).toBe(`debug/${run.validationRunId}/debug.zip`);
    });

    it('never makes a bucket anew that holds anything', async () => {
      const results = await open().initializeBuckets({ force: true }, signal);
      expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
    });

    it('stores a stream of several parts', async () => {
      const sample = { requestId: randomUUID(), filename: 'large.bin', contentType: 'application/octet-stream' };
      const key = await open().uploadLogSample({ ...sample, body: Readable.from(zeros(11 * MIB)) }, signal);
      const got = await open().download('samples', key, signal);
      expect(got.size).toBe(11 * MIB);
      got.body.destroy();
      expect([...remembered.keys()]).toEqual([]);
    });

    it('refuses one byte more than the maximum, and nothing of it remains', async () => {
      const sample = { requestId: randomUUID(), filename: 'huge.bin', contentType: 'application/octet-stream' };
      const refused = open().uploadLogSample({ ...sample, body: Readable.from(zeros(12 * MIB + 1)) }, signal);
      await expect(refused).rejects.toThrow(StorageQuotaExceededError);
      await expect(refused).rejects.toMatchObject({ statusCode: 413, context: { operation: 'upload' } });
      const key = `samples/${sample.requestId}/huge.bin`;
      await expect(open().download('samples', key, signal)).rejects.toThrow(StorageNotFoundError);
      expect(await openUploads()).toEqual([]);
    });

    it('leaves no upload behind when its source breaks off', async () => {
      const sample = { requestId: randomUUID(), filename: 'broken.bin', contentType: 'text/plain' };
      const broken = (async function* () {
        yield* zeros(7 * MIB);
        throw new Error('the source broke off');
      })();
      await expect(open().uploadLogSample({ ...sample, body: broken }, signal)).rejects.toThrow();
      const key = `samples/${sample.requestId}/broken.bin`;
      await expect(open().download('samples', key, signal)).rejects.toMatchObject({ statusCode: 404 });
      expect(await openUploads()).toEqual([]);
    });

    it('ends at once when it is told to, though its source is silent, and leaves no part behind', async () => {
      const sample = { requestId: randomUUID(), filename: 'stopped.bin', contentType: 'text/plain' };
      const stop = new AbortController();
      const endless = (async function* () {
        yield* zeros(11 * MIB);
        stop.abort(new Error('told to stop'));
        await new Promise(() => undefined);
      })();
      const stopped = open().uploadLogSample({ ...sample, body: endless }, stop.signal);
      await expect(stopped).rejects.toThrow('told to stop');
      expect(await openUploads()).toEqual([]);
    });

    it.each(['../../x', 'a/b', 'nul\0', '', '.', '..', 'x'.repeat(256)])(
      'refuses the file name %j before any request',
      async (filename) => {
        const unreachable = open({ endpoint: '127.0.0.1:1' });
        const sample = { requestId: randomUUID(), filename, contentType: 'text/plain', body: 'x' };
        await expect(unreachable.uploadLogSample(sample, signal)).rejects.toThrow(StorageInputError);
      },
    );

    it('gives URLs that work without credentials until they expire', async () => {
      const sample = { requestId: randomUUID(), filename: 'a.txt', contentType: 'text/plain', body: 'shared' };
      const key = await open().uploadLogSample(sample, signal);
      const url = await open().presignedUrl('samples', key, 60);
      expect(await (await fetch(url)).text()).toBe('shared');
      expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(403);
      ahead = -3_600_000;
      const expired = await open().presignedUrl('samples', key, 60);
      ahead = 0;
      expect((await fetch(expired)).status).toBe(403);
      expect(whyRefused(expired, site.now())).toContain('it expired at');
      for (const seconds of [0, 604_801, 1.5]) {
        await expect(open().presignedUrl('samples', key, seconds)).rejects.toThrow(StorageInputError);
      }
    });

    it('signs URLs for the public name of the server, and for no other', async () => {
      const outside = site.endpoint.replace('127.0.0.1', 'localhost');
      const sample = { requestId: randomUUID(), filename: 'a.txt', contentType: 'text/plain', body: 'outside' };
      const storage = open({ public_endpoint: outside });
      const url = await storage.presignedUrl('samples', await storage.uploadLogSample(sample, signal), 60);
      expect(new URL(url).host).toBe(outside);
      expect(await (await fetch(url)).text()).toBe('outside');
      expect((await fetch(url.replace(outside, site.endpoint))).status).toBe(403);
    });

    it('removes expired samples, finds the same in a dry run, and touches nothing else', async () => {
      ahead = 31 * 86_400_000;
      const clean = async (dryRun: boolean) => {
        const seen: CleanedObject[] = [];
        const onObject = (object: CleanedObject) => void seen.push(object);
        const report = await open().cleanupExpiredSamples({ dryRun, onObject }, signal);
        return { report, keys: seen.map(({ key }) => key).sort() };
      };
      const dry = await clean(true);
      const real = await clean(false);
      ahead = 0;
      expect(dry.keys.length).toBeGreaterThan(1);
      expect(real.keys).toEqual(dry.keys);
      expect(real.keys.every((key) => key.startsWith('samples/'))).toBe(true);
      expect(real.report).toMatchObject({ enabled: true, deleted: dry.keys.length, failed: 0 });
      const [samples, tas, debug] = await open().stats(signal);
      expect([samples?.total_objects, tas?.total_objects, debug?.total_objects]).toEqual([0, 1, 1]);
      expect(audits.filter(({ event }) => event === 'log_sample_deleted').length).toBe(dry.keys.length);
    });

    it('removes nothing while retention is off, and says so', async () => {
      ahead = 31 * 86_400_000;
      const report = await open({ sample_retention_enabled: false }).cleanupExpiredSamples({}, signal);
      ahead = 0;
      expect(report).toMatchObject({ enabled: false, deleted: 0 });
    });

    it('says who refused: the server that is not there, and wrong keys', async () => {
      const sample = { requestId: randomUUID(), filename: 'a.txt', contentType: 'text/plain', body: 'x' };
      await expect(open({ endpoint: '127.0.0.1:1' }).uploadLogSample(sample, signal)).rejects.toMatchObject({
        code: 'STORAGE_CONNECTION',
      });
      const wrong = open({ secret_key: 'not-the-secret-key' }).uploadLogSample(sample, signal);
      await expect(wrong).rejects.toMatchObject({ code: 'STORAGE_CONNECTION', statusCode: 403 });
      await expect(wrong).rejects.not.toThrow('not-the-secret-key');
    });
  });
}

function* zeros(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536));
}

async function text(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
