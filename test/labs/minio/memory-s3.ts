import { createHash } from 'node:crypto';
import type { BucketDetails } from './admin-route.ts';
import { Refusal } from './refusal.ts';
import type { Count } from './state.ts';

export interface Version {
  readonly id: string;
  readonly size: number;
  /** Kept of small objects only; of the others there is nothing but their size. */
  readonly content: Buffer | undefined;
  readonly etag: string;
  readonly modified: Date;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly marker: boolean;
}

export interface Upload {
  readonly key: string;
  readonly started: Date;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly size: number; readonly etag: string; readonly content: Buffer | undefined }>;
}

export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly locking: boolean;
  versioning: 'Enabled' | 'Suspended' | undefined;
  readonly tags: Map<string, string>;
  lifecycle: string | undefined;
  /** Newest first. */
  readonly objects: Map<string, readonly Version[]>;
  readonly uploads: Map<string, Upload>;
}

/** Buckets in memory. Answers are made elsewhere. */
export interface MemoryS3 {
  readonly buckets: Map<string, Bucket>;
  bucket(name: string): Bucket;
  create(name: string, locking: boolean, now: Date): void;
  remove(name: string): void;
  put(name: string, key: string, version: Omit<Version, 'id' | 'marker'>): Version;
  /** The newest version, unless it is a delete marker. */
  get(name: string, key: string, versionId?: string): Version;
  delete(name: string, key: string, versionId: string | undefined, now: Date): void;
  count(): ReadonlyMap<string, Count>;
  details(): readonly BucketDetails[];
}

export const KEPT_BYTES = 65_536;

export function createMemoryS3(): MemoryS3 {
  const buckets = new Map<string, Bucket>();
  let serial = 0;
  const nextId = (bucket: Bucket): string =>
    bucket.versioning === 'Enabled' ? createHash('md5').update(String(++serial)).digest('hex') : 'null';

  function bucketOf(name: string): Bucket {
    const found = buckets.get(name);
    if (found === undefined) throw new Refusal('NoSuchBucket');
    return found;
  }

  function store(bucket: Bucket, key: string, version: Version): Version {
    const others = (bucket.objects.get(key) ?? []).filter(({ id }) => id !== version.id);
    bucket.objects.set(key, [version, ...others]);
    return version;
  }

  return {
    buckets,
    bucket: bucketOf,
    create: (name, locking, created) => {
      if (name === 'minio' || name === '.minio.sys') throw new Refusal('AllAccessDisabled');
      const valid = /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/^(\d+\.){3}\d+$/.test(name);
      if (!valid) throw new Refusal('InvalidBucketName');
      if (buckets.has(name)) throw new Refusal('BucketAlreadyOwnedByYou');
      const versioning = locking ? 'Enabled' : undefined;
      const empty = { tags: new Map(), lifecycle: undefined, objects: new Map(), uploads: new Map() };
      buckets.set(name, { name, created, locking, versioning, ...empty });
    },
    remove: (name) => {
      const { objects } = bucketOf(name);
      if (objects.size > 0) throw new Refusal('BucketNotEmpty');
      buckets.delete(name);
    },
    put: (name, key, version) => {
      const bucket = bucketOf(name);
      return store(bucket, key, { ...version, id: nextId(bucket), marker: false });
    },
    get: (name, key, versionId) => {
      const versions = bucketOf(name).objects.get(key) ?? [];
      const found = versionId === undefined ? versions[0] : versions.find(({ id }) => id === versionId);
      if (found === undefined || found.marker) throw new Refusal('NoSuchKey');
      return found;
    },
    delete: (name, key, versionId, modified) => {
      const bucket = bucketOf(name);
      const versions = bucket.objects.get(key);
      if (versionId === undefined && bucket.versioning === 'Enabled') {
        const nothing = { size: 0, content: undefined, etag: '', type: '', metadata: {} };
        store(bucket, key, { ...nothing, id: nextId(bucket), modified, marker: true });
        return;
      }
      const left = versions?.filter(({ id }) => id !== (versionId ?? 'null')) ?? [];
      if (left.length === 0) bucket.objects.delete(key);
      else bucket.objects.set(key, left);
    },
    count: () => new Map([...buckets].map(([name, bucket]) => [name, countOf(bucket)])),
    details: () =>
      [...buckets.values()].map(({ name, created, tags, versioning, locking }) => ({
        name,
        created,
        tags: tags.size === 0 ? null : Object.fromEntries(tags),
        versioning: versioning === 'Enabled',
        suspended: versioning === 'Suspended',
        locking,
      })),
  };
}

/** As the scanner counts: the size is that of all versions, keys with a delete marker on top count as objects. */
function countOf({ objects, versioning }: Bucket): Count {
  const versions = [...objects.values()].flat();
  const markers = versions.filter(({ marker }) => marker).length;
  return {
    size: BigInt(versions.reduce((sum, { size }) => sum + size, 0)),
    objects: BigInt(objects.size),
    versions: versioning === undefined ? 0n : BigInt(versions.length - markers),
    deleteMarkers: BigInt(markers),
  };
}
