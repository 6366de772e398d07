import { childrenOf, childText, type XmlElement } from '../xml/parse.ts';
import { isXmlText } from '../xml/text.ts';
import { element } from '../xml/write.ts';
import { configuration } from './buckets.ts';
import type { S3Caller } from './call.ts';
import { absentIsUndefined, readAnswer } from './explain.ts';

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: bigint;
  readonly etag: string;
}

export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** For the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export interface ObjectVersion {
  readonly key: string;
  /** `null` without versioning. */
  readonly versionId: string;
}

export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** Why a version stays. */
export interface RemoveFailure {
  readonly key: string;
  readonly code: string;
}

/** Objects of a bucket. Absent is done for everything that removes, and empty for everything that lists. */
export interface S3Objects {
  /** Up to a thousand. */
  list(bucket: string, page: { prefix?: string; token?: string }, signal: AbortSignal): Promise<ObjectPage>;
  /** A small document as text; undefined when there is none. */
  get(bucket: string, key: string, signal: AbortSignal): Promise<string | undefined>;
  put(bucket: string, key: string, body: string, contentType: string, signal: AbortSignal): Promise<void>;
  remove(bucket: string, version: { key: string; versionId?: string }, signal: AbortSignal): Promise<void>;
  /** The first thousand versions and delete markers; without versioning the objects. */
  versions(bucket: string, signal: AbortSignal): Promise<readonly ObjectVersion[]>;
  /** Up to a thousand. Returns those that stay. */
  removeVersions(
    bucket: string,
    versions: readonly ObjectVersion[],
    signal: AbortSignal,
  ): Promise<readonly RemoveFailure[]>;
  /** The first thousand multipart uploads that are not completed. */
  uploads(bucket: string, signal: AbortSignal): Promise<readonly OpenUpload[]>;
  abortUpload(bucket: string, upload: OpenUpload, signal: AbortSignal): Promise<void>;
}

export function objectsOf(caller: S3Caller): S3Objects {
  const { call } = caller;
  const listing = async (
    operation: string,
    bucket: string,
    query: Readonly<Record<string, string | undefined>>,
    [name, signal]: readonly [name: string, signal: AbortSignal],
  ) => {
    const answer = await absentIsUndefined(call({ operation, method: 'GET', target: { bucket }, query }, signal));
    return answer === undefined ? undefined : readAnswer(operation, String(answer.body), name);
  };
  const remove: S3Objects['remove'] = async (bucket, { key, versionId }, signal) => {
    const target = { bucket, key };
    const operation = 's3.remove-object';
    await absentIsUndefined(call({ operation, method: 'DELETE', target, query: { versionId } }, signal));
  };
  return {
    remove,
    list: async (bucket, { prefix, token }, signal) => {
      const query = { 'list-type': '2', 'encoding-type': 'url', prefix, 'continuation-token': token };
      const root = await listing('s3.list-objects', bucket, query, ['ListBucketResult', signal]);
      if (root === undefined) return { objects: [], next: undefined };
      const objects = childrenOf(root, 'Contents').map((item) => ({
        key: keyIn(root, item),
        size: BigInt(childText(item, 'Size')?.trim() ?? 0),
        etag: childText(item, 'ETag')?.replaceAll('"', '') ?? '',
      }));
      return { objects, next: childText(root, 'NextContinuationToken') };
    },
    get: async (bucket, key, signal) => {
      const target = { bucket, key };
      const answer = await absentIsUndefined(call({ operation: 's3.get-object', method: 'GET', target }, signal));
      return answer && String(answer.body);
    },
    put: async (bucket, key, body, contentType, signal) => {
      const target = { bucket, key };
      await call({ operation: 's3.put-object', method: 'PUT', target, body, contentType }, signal);
    },
    versions: async (bucket, signal) => {
      const query = { versions: '', 'encoding-type': 'url' };
      const root = await listing('s3.list-versions', bucket, query, ['ListVersionsResult', signal]);
      if (root === undefined) return [];
      return [...childrenOf(root, 'Version'), ...childrenOf(root, 'DeleteMarker')].map((item) => ({
        key: keyIn(root, item),
        versionId: childText(item, 'VersionId')?.trim() || 'null',
      }));
    },
    removeVersions: async (bucket, versions, signal) => {
      // XML cannot name them, URLs can.
      for (const version of versions.filter(({ key }) => !isXmlText(key))) await remove(bucket, version, signal);
      const rest = versions.filter(({ key }) => isXmlText(key));
      return rest.length === 0 ? [] : await removeAll(caller, bucket, rest, signal);
    },
    uploads: async (bucket, signal) => {
      // Without an encoding: RGW applies it here and does not say so.
      const root = await listing('s3.list-uploads', bucket, { uploads: '' }, ['ListMultipartUploadsResult', signal]);
      return (root === undefined ? [] : childrenOf(root, 'Upload')).map((upload) => ({
        key: childText(upload, 'Key') ?? '',
        uploadId: childText(upload, 'UploadId') ?? '',
      }));
    },
    abortUpload: async (bucket, { key, uploadId }, signal) => {
      const target = { bucket, key };
      const operation = 's3.abort-upload';
      await absentIsUndefined(call({ operation, method: 'DELETE', target, query: { uploadId } }, signal));
    },
  };
}

async function removeAll(
  { call }: S3Caller,
  bucket: string,
  versions: readonly ObjectVersion[],
  signal: AbortSignal,
): Promise<readonly RemoveFailure[]> {
  const objects = versions.map(({ key, versionId }) =>
    element('Object', [element('Key', key), element('VersionId', versionId)]),
  );
  const body = configuration('Delete', [element('Quiet', true), ...objects]);
  const operation = 's3.remove-objects';
  const answer = await call({ operation, method: 'POST', target: { bucket }, query: { delete: '' }, body }, signal);
  return childrenOf(readAnswer(operation, String(answer.body), 'DeleteResult'), 'Error').map((failure) => ({
    key: childText(failure, 'Key') ?? '',
    code: childText(failure, 'Code') ?? '',
  }));
}

/** The key of an entry, decoded when the listing says that it is encoded. */
function keyIn(root: XmlElement, item: XmlElement): string {
  const key = childText(item, 'Key') ?? '';
  return childText(root, 'EncodingType')?.trim() === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}
