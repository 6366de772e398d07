import { S3Error } from '../../../../src/s3/s3-error.ts';
import { createBucketDirectory, isMarketplaceBucket, removeBucketDirectory } from '../../bucket-directory.ts';
import { isNewBucketName } from '../../layout.ts';
import { requireAdministrator } from '../authorize.ts';
import { readText } from '../body/open-body.ts';
import type { Operation } from '../call.ts';
import { LARGEST_DOCUMENT, readLocation } from '../xml/read.ts';
import { maybe, xmlReply } from '../xml/reply.ts';

/**
 * An account has its bucket by the order in the marketplace: creating it once more is fine, as in us-east-1, where
 * clients do so before every upload. The administrator creates buckets without an owner.
 */
export const createBucket: Operation = async (deps, call) => {
  const { bucket, principal, signal } = call;
  if (!isNewBucketName(bucket)) throw new S3Error('InvalidBucketName');
  const region = readLocation(await readText(call.body(), LARGEST_DOCUMENT));
  if (region !== undefined && region !== deps.settings.s3_region) throw new S3Error('InvalidLocationConstraint');
  const kind = await deps.disk.kind(deps.layout.bucket(bucket));
  if (kind === 'other') throw new S3Error('BucketAlreadyExists');
  if (kind === undefined) {
    requireAdministrator(principal, 'The bucket is created by an order in the marketplace, and is not there.');
    await createBucketDirectory(deps, { account: bucket }, signal);
  } else if (principal.kind === 'administrator' && (await isMarketplaceBucket(deps, bucket))) {
    throw new S3Error('BucketAlreadyExists');
  }
  return { status: 200, headers: { location: `/${bucket}` } };
};

export const headBucket: Operation = async ({ settings, statistics }, { bucket }) => {
  statistics.count(bucket, 'head');
  return { status: 200, headers: { 'x-amz-bucket-region': settings.s3_region } };
};

/** What an order made, only an order removes: everything else would look like a loss and be made again. */
export const deleteBucket: Operation = async (deps, { bucket, principal, signal }) => {
  const why = 'The bucket belongs to a resource in the marketplace: terminate that.';
  requireAdministrator(principal, why);
  if (await isMarketplaceBucket(deps, bucket)) throw new S3Error('AccessDenied', { message: why });
  if (!(await removeBucketDirectory(deps, bucket, signal))) throw new S3Error('BucketNotEmpty');
  return { status: 204 };
};

/** Empty stands for us-east-1. */
export const getLocation: Operation = async ({ settings: { s3_region } }) =>
  xmlReply('LocationConstraint', s3_region === 'us-east-1' ? '' : s3_region);

/** There are no versions: neither enabled nor suspended. */
export const getVersioning: Operation = async () => xmlReply('VersioningConfiguration', []);

export const getRequestPayment: Operation = async () =>
  xmlReply('RequestPaymentConfiguration', [maybe('Payer', 'BucketOwner')]);
