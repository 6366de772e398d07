import { createHash } from 'node:crypto';
import { childrenOf, childText, element, parseXml } from '../../../../src/s3/index.ts';
import { header } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { DONE, GONE, type S3Answer, xml } from './answer.ts';
import type { Bucket } from './bucket.ts';
import { type S3Request, value } from './request.ts';

/** A RADOS Gateway answers 403 where others answer 507. */
const QUOTA_EXCEEDED = 403;

export function putObject(request: S3Request): S3Answer {
  const { bucket, key, body, head, now } = request;
  refuseBeyondQuota(bucket, body.length);
  if (isReadOnly(bucket)) throw new S3Error('AccessDenied');
  const { etag, id } = bucket.put(key, body, header(head, 'content-type') ?? 'binary/octet-stream', now);
  return { status: 200, headers: { etag: `"${etag}"`, ...(id !== 'null' && { 'x-amz-version-id': id }) } };
}

export function getObject(request: S3Request): S3Answer {
  const { bucket, key, head } = request;
  const version = bucket.get(key, value(request, 'versionId'));
  if (version === undefined || version.isMarker) throw new S3Error('NoSuchKey');
  const headers = {
    etag: `"${version.etag}"`,
    'content-type': version.type,
    'last-modified': version.at.toUTCString(),
    'content-length': String(version.body.length),
  };
  return { status: 200, headers, ...(head.method === 'GET' && { body: version.body }) };
}

export function deleteObject(request: S3Request): S3Answer {
  request.bucket.remove(request.key, value(request, 'versionId'), request.now);
  return GONE;
}

export function deleteObjects({ bucket, body, now }: S3Request): S3Answer {
  const root = parseXml(body.toString('utf8'));
  const isQuiet = childText(root, 'Quiet')?.trim() === 'true';
  const deleted = childrenOf(root, 'Object').map((object) => {
    const key = childText(object, 'Key') ?? '';
    bucket.remove(key, childText(object, 'VersionId')?.trim(), now);
    return element('Deleted', [element('Key', key)]);
  });
  return xml('DeleteResult', isQuiet ? [] : deleted);
}

export function startUpload(request: S3Request, id: string): S3Answer {
  const { bucket, key } = request;
  bucket.uploads.set(id, { key, parts: new Map() });
  return xml('InitiateMultipartUploadResult', [
    element('Bucket', bucket.name),
    element('Key', key),
    element('UploadId', id),
  ]);
}

/** PUT of a part, POST that completes the upload, DELETE that aborts it. */
export function serveUpload(request: S3Request, id: string): S3Answer {
  const { bucket, key, body, head, now } = request;
  const upload = bucket.uploads.get(id);
  if (upload === undefined) throw new S3Error('NoSuchUpload');
  if (head.method === 'DELETE') {
    bucket.uploads.delete(id);
    return GONE;
  }
  if (head.method === 'PUT') {
    upload.parts.set(Number(value(request, 'partNumber')), body);
    return { ...DONE, headers: { etag: `"${createHash('md5').update(body).digest('hex')}"` } };
  }
  const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const whole = Buffer.concat(parts);
  refuseBeyondQuota(bucket, whole.length);
  bucket.uploads.delete(id);
  const { etag } = bucket.put(key, whole, 'binary/octet-stream', now);
  return xml('CompleteMultipartUploadResult', [element('Key', key), element('ETag', `"${etag}-${parts.length}"`)]);
}

export function listUploads({ bucket }: S3Request): S3Answer {
  const uploads = [...bucket.uploads].map(([id, { key }]) =>
    element('Upload', [element('Key', key), element('UploadId', id)]),
  );
  return xml('ListMultipartUploadsResult', [element('IsTruncated', false), ...uploads]);
}

function refuseBeyondQuota(bucket: Bucket, more: number): void {
  if (bucket.usedBytes() + more > bucket.quotaBytes) throw new QuotaExceeded();
}

export class QuotaExceeded extends S3Error {
  override readonly status = QUOTA_EXCEEDED;

  constructor() {
    super('QuotaExceeded');
  }
}

/** Of policies, the one kind that stops writing is understood. */
function isReadOnly(bucket: Bucket): boolean {
  const policy = bucket.documents.get('policy') ?? '';
  return policy.includes('"Deny"') && policy.includes('s3:PutObject');
}
