import { element } from '../../../../src/s3/index.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { DONE, type S3Answer, xml } from './answer.ts';
import type { Bucket } from './bucket.ts';
import { documentOf, serveDocument } from './documents.ts';
import { listObjects, listVersions } from './list-objects.ts';
import { deleteObject, deleteObjects, getObject, listUploads, putObject, serveUpload, startUpload } from './objects.ts';
import { has, type S3Request, value } from './request.ts';

export function listBuckets(buckets: Iterable<Bucket>): S3Answer {
  const items = [...buckets].map(({ name }) => element('Bucket', [element('Name', name)]));
  return xml('ListAllMyBucketsResult', [element('Buckets', items)]);
}

/** @throws S3Error */
export function handle(request: S3Request, nextId: () => string): S3Answer {
  return request.key === '' ? handleBucket(request) : handleObject(request, nextId);
}

function handleBucket(request: S3Request): S3Answer {
  const { method } = request.head;
  const document = documentOf(request);
  if (document !== undefined) return serveDocument(request, document);
  if (method === 'POST' && has(request, 'delete')) return deleteObjects(request);
  if (method === 'HEAD') return DONE;
  if (method === 'GET' && has(request, 'location')) return xml('LocationConstraint', []);
  if (method === 'GET' && has(request, 'uploads')) return listUploads(request);
  if (method === 'GET' && has(request, 'versions')) return listVersions(request);
  if (method === 'GET') return listObjects(request);
  // Buckets come and go with their stores.
  throw new S3Error('AccessDenied');
}

function handleObject(request: S3Request, nextId: () => string): S3Answer {
  const upload = value(request, 'uploadId');
  if (upload !== undefined && request.head.method !== 'GET') return serveUpload(request, upload);
  switch (request.head.method) {
    case 'PUT':
      return putObject(request);
    case 'GET':
    case 'HEAD':
      return getObject(request);
    case 'DELETE':
      return deleteObject(request);
    case 'POST':
      if (has(request, 'uploads')) return startUpload(request, nextId());
      break;
  }
  throw new S3Error('MethodNotAllowed');
}
