import { type Answer, type FakeBucket, type FakeUser, failure, fullName, newBucket, type Query } from './fake-model.ts';

export interface Store {
  readonly buckets: Map<string, FakeBucket>;
  nextId(): number;
}

export interface S3Request {
  readonly method: string;
  readonly user: FakeUser;
  readonly name: string;
  readonly key: string;
  readonly query: Query;
  readonly body: string;
}

/** The S3 half of the fake gateway: as much of it as it takes to fill a bucket and to empty it. */
export function fakeS3(store: Store, request: S3Request): Answer {
  const { buckets, nextId } = store;
  const { method, user, name, key, query, body } = request;
  if (user.suspended === 1) return failure(name, 403, 'UserSuspended');
  const full = user.tenant === '' ? name : `${user.tenant}/${name}`;
  const bucket = buckets.get(full);
  if (method === 'PUT' && key === '' && !('versioning' in query)) {
    buckets.set(full, bucket ?? newBucket(fullName(user), name));
    return { status: 200 };
  }
  if (bucket === undefined) return failure(name, 404, 'NoSuchBucket');
  if ('versioning' in query) bucket.versioned = true;
  else if ('policy' in query) return failure(name, 404, 'NoSuchBucketPolicy');
  else if ('uploads' in query && method === 'GET') return { status: 200, body: uploadsXml(bucket) };
  else if ('uploads' in query) bucket.uploads.push({ key, id: `2~upload${nextId()}` });
  else if ('uploadId' in query) remove(bucket.uploads, ({ id }) => id === query['uploadId']);
  else if ('versions' in query) return { status: 200, body: versionsXml(bucket) };
  else if ('delete' in query) return deleteObjects(bucket, body);
  else if (method === 'PUT') return put(store, user, bucket, key, body.length);
  else if (method === 'DELETE' && key !== '') removeVersion(bucket, key, query['versionId'] ?? 'null');
  else if (method === 'DELETE' && bucket.versions.length > 0) return failure(name, 409, 'BucketNotEmpty');
  else if (method === 'DELETE') buckets.delete(full);
  return { status: method === 'DELETE' ? 204 : 200 };
}

function put({ buckets, nextId }: Store, user: FakeUser, bucket: FakeBucket, key: string, size: number): Answer {
  const own = [...buckets.values()].filter(({ owner }) => owner === fullName(user));
  const total = own.flatMap(({ versions }) => versions.map((version) => version.size));
  const used = total.reduce((sum, bytes) => sum + bytes, 0);
  const { enabled, max_size: maxSize } = user.user_quota;
  if (enabled && maxSize >= 0 && used + size > maxSize) return failure(bucket.name, 403, 'QuotaExceeded');
  if (!bucket.versioned) removeVersion(bucket, key, 'null');
  bucket.versions.unshift({ key, size, id: bucket.versioned ? `v${nextId()}` : 'null', marker: false });
  return { status: 200 };
}

function removeVersion(bucket: FakeBucket, key: string, id: string): void {
  remove(bucket.versions, (version) => version.key === key && version.id === id);
}

function remove<T>(items: T[], matches: (item: T) => boolean): void {
  const index = items.findIndex(matches);
  if (index >= 0) items.splice(index, 1);
}

function uploadsXml({ uploads }: FakeBucket): string {
  const items = uploads.map(({ key, id }) => `<Upload><Key>${xml(key)}</Key><UploadId>${id}</UploadId></Upload>`);
  return `<ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>`;
}

function versionsXml({ versions }: FakeBucket): string {
  const items = versions.slice(0, 1000).map(({ key, id, marker }) => {
    const name = marker ? 'DeleteMarker' : 'Version';
    return `<${name}><Key>${encodeURIComponent(key)}</Key><VersionId>${id}</VersionId></${name}>`;
  });
  return `<ListVersionsResult><EncodingType>url</EncodingType>${items.join('')}</ListVersionsResult>`;
}

function deleteObjects(bucket: FakeBucket, body: string): Answer {
  const found = body.matchAll(/<Key>([^<]*)<\/Key><VersionId>([^<]*)<\/VersionId>/g);
  for (const [, key = '', id = ''] of found) {
    removeVersion(
      bucket,
      key.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
      id,
    );
  }
  return { status: 200, body: '<DeleteResult/>' };
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
