import type { RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Operation } from './call.ts';
import { getObjectAttributes } from './operations/attributes.ts';
import {
  createBucket,
  deleteBucket,
  getLocation,
  getRequestPayment,
  getVersioning,
  headBucket,
} from './operations/bucket.ts';
import { getCluster } from './operations/cluster.ts';
import { completeUpload } from './operations/complete-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteCors, getCors, putCors } from './operations/cors.ts';
import { deleteObject, deleteObjects } from './operations/delete-object.ts';
import { ABSENT, absent, empty, getAcl } from './operations/documents.ts';
import { listBuckets } from './operations/list-buckets.ts';
import { listObjectsV1, listObjectsV2 } from './operations/list-objects.ts';
import { listParts, listUploads } from './operations/list-uploads.ts';
import { listVersions } from './operations/list-versions.ts';
import { putObject } from './operations/put-object.ts';
import { getObject, headObject } from './operations/read-object.ts';
import {
  deleteBucketTagging,
  deleteObjectTagging,
  getBucketTagging,
  getObjectTagging,
  putBucketTagging,
  putObjectTagging,
} from './operations/tagging.ts';
import { abortUpload, createUpload, uploadPart, uploadPartCopy } from './operations/upload.ts';
import { getQuota, getStatistics, putQuota } from './operations/usage.ts';
import type { Target } from './target.ts';
import { unsupported } from './unsupported.ts';

/**
 * What a request asks for.
 *
 * @throws S3Error `NotImplemented` for what S3 has and this server does not, `MethodNotAllowed` for what S3 does not have
 */
export function route(head: RequestHead, { bucket, key }: Target): Operation {
  const table = bucket === '' ? SERVICE : key === '' ? BUCKET : OBJECT;
  const asked = [...head.query.keys()].filter((name) => SUBRESOURCES.has(name)).sort();
  const variant = VARIANTS.filter((name) => head.headers.has(name));
  const operation = table.get([head.method, ...asked, ...(key === '' ? [] : variant)].join(' '));
  if (operation !== undefined) return operation;
  if (asked.length > 0 || variant.length > 0)
    throw unsupported(`${head.method} with ${[...asked, ...variant].join(' and ')}`);
  throw new S3Error('MethodNotAllowed');
}

/** A header that makes a `PUT` something else. */
const VARIANTS = ['x-amz-copy-source'] as const;

const SERVICE: ReadonlyMap<string, Operation> = new Map([['GET', listBuckets]]);

const BUCKET: ReadonlyMap<string, Operation> = new Map([
  ['GET', listObjectsV1],
  ['GET list-type', listObjectsV2],
  ['HEAD', headBucket],
  ['PUT', createBucket],
  ['DELETE', deleteBucket],
  ['POST delete', deleteObjects],
  ['GET uploads', listUploads],
  ['GET location', getLocation],
  ['GET versioning', getVersioning],
  ['GET requestPayment', getRequestPayment],
  ['GET quota', getQuota],
  ['PUT quota', putQuota],
  ['GET stats', getStatistics],
  ['GET cluster', getCluster],
  ['GET versions', listVersions],
  ['GET cors', getCors],
  ['PUT cors', putCors],
  ['DELETE cors', deleteCors],
  ['GET tagging', getBucketTagging],
  ['PUT tagging', putBucketTagging],
  ['DELETE tagging', deleteBucketTagging],
  ['GET acl', getAcl],
  ['GET accelerate', empty('AccelerateConfiguration')],
  ['GET logging', empty('BucketLoggingStatus')],
  ['GET notification', empty('NotificationConfiguration')],
  ...Object.entries(ABSENT).map(([name, code]) => [`GET ${name}`, absent(code)] as const),
]);

const OBJECT: ReadonlyMap<string, Operation> = new Map([
  ['GET', getObject],
  ['HEAD', headObject],
  ['PUT', putObject],
  ['DELETE', deleteObject],
  ['PUT x-amz-copy-source', copyObject],
  ['POST uploads', createUpload],
  ['PUT partNumber uploadId', uploadPart],
  ['PUT partNumber uploadId x-amz-copy-source', uploadPartCopy],
  ['POST uploadId', completeUpload],
  ['DELETE uploadId', abortUpload],
  ['GET uploadId', listParts],
  ['GET partNumber', getObject],
  ['HEAD partNumber', headObject],
  ['GET attributes', getObjectAttributes],
  ['GET acl', getAcl],
  ['GET tagging', getObjectTagging],
  ['PUT tagging', putObjectTagging],
  ['DELETE tagging', deleteObjectTagging],
]);

/** Parameters that make a request something else. All others only say how. */
const SUBRESOURCES: ReadonlySet<string> = new Set(
  Object.keys(ABSENT).concat(
    ['accelerate', 'acl', 'analytics', 'append', 'attributes', 'cluster', 'cors', 'delete', 'intelligent-tiering'],
    ['inventory', 'tagging'],
    ['legal-hold', 'list-type', 'location', 'logging', 'metadataConfiguration', 'metadataTable', 'metrics'],
    ['notification', 'partNumber', 'policyStatus', 'quota', 'renameObject', 'requestPayment', 'restore', 'retention'],
    ['select', 'session', 'stats', 'torrent', 'uploadId', 'uploads', 'versioning', 'versions'],
  ),
);
