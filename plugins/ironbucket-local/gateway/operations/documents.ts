import type { S3Code } from '../../../../src/s3/s3-codes.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { Operation } from '../call.ts';
import { ownerElement, xmlReply } from '../xml/reply.ts';

/** Documents that a bucket may have elsewhere and none has here; documents of other servers on the disk are not applied. */
export const ABSENT = {
  encryption: 'ServerSideEncryptionConfigurationNotFoundError',
  lifecycle: 'NoSuchLifecycleConfiguration',
  'object-lock': 'ObjectLockConfigurationNotFoundError',
  ownershipControls: 'OwnershipControlsNotFoundError',
  policy: 'NoSuchBucketPolicy',
  publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  replication: 'ReplicationConfigurationNotFoundError',
  website: 'NoSuchWebsiteConfiguration',
} as const satisfies Readonly<Record<string, S3Code>>;

export function absent(code: S3Code): Operation {
  return async () => {
    throw new S3Error(code);
  };
}

/** Documents that every bucket has, with nothing in them. */
export function empty(name: string): Operation {
  return async () => xmlReply(name, []);
}

/** The owner may do everything and others nothing: that is how it is, and cannot be changed. */
export const getAcl: Operation = async (deps, { bucket, key }) => {
  if (key !== '' && (await deps.objects.head(bucket, key)) === undefined) throw new S3Error('NoSuchKey');
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">`;
  const owner = ownerElement(bucket).xml.replace(/<\/?Owner>/g, '');
  const grant = { xml: `${grantee}${owner}</Grantee>` };
  return xmlReply('AccessControlPolicy', [
    ownerElement(bucket),
    element('AccessControlList', [element('Grant', [grant, element('Permission', 'FULL_CONTROL')])]),
  ]);
};
