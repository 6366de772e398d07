import { header, parameter, type RequestHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';

/** Headers that ask for something this server does not do; to ignore one would be a promise that is not kept. */
const PREFIXES = [
  'x-amz-server-side-encryption',
  'x-amz-copy-source-server-side-encryption',
  'x-amz-object-lock-',
  'x-amz-grant-',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
  'x-amz-mfa',
] as const;

/** What an object that only its owner reaches has anyway. */
const ACLS: ReadonlySet<string> = new Set(['private', 'bucket-owner-full-control', 'bucket-owner-read']);

/** How it is here: all objects belong to the owner of the bucket. */
const OWNED = 'BucketOwnerEnforced';
const OWNERSHIPS: ReadonlySet<string> = new Set([OWNED, 'BucketOwnerPreferred', 'ObjectWriter']);

/** @throws S3Error `NotImplemented`, `InvalidStorageClass`, `NoSuchVersion`, `AccessDenied` for a bucket of another owner */
export function refuseUnsupported(head: RequestHead, owner: string): void {
  for (const name of head.headers.keys()) {
    if (name.startsWith('x-amz-') && PREFIXES.some((prefix) => name.startsWith(prefix))) throw unsupported(name);
  }
  const acl = header(head, 'x-amz-acl');
  if (acl !== undefined && !ACLS.has(acl)) throw unsupported(`x-amz-acl: ${acl}`);
  const ownership = header(head, 'x-amz-object-ownership') ?? OWNED;
  if (!OWNERSHIPS.has(ownership)) throw new S3Error('InvalidArgument', { message: 'Invalid x-amz-object-ownership.' });
  if (ownership !== OWNED) throw unsupported(`x-amz-object-ownership: ${ownership}`);
  if ((header(head, 'x-amz-bucket-object-lock-enabled') ?? 'false').toLowerCase() !== 'false') {
    throw unsupported('x-amz-bucket-object-lock-enabled');
  }
  const storageClass = header(head, 'x-amz-storage-class') ?? 'STANDARD';
  if (storageClass !== 'STANDARD') throw new S3Error('InvalidStorageClass');
  // There are no versions, and what there is has this one.
  if ((parameter(head, 'versionId') ?? 'null') !== 'null') throw new S3Error('NoSuchVersion');
  const expected = header(head, 'x-amz-expected-bucket-owner');
  if (expected !== undefined && owner !== '' && expected !== owner) throw new S3Error('AccessDenied');
}

export function unsupported(what: string): S3Error {
  return new S3Error('NotImplemented', { message: `This server does not offer ${what}.` });
}
