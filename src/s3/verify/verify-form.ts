import { createHmac } from 'node:crypto';
import { S3Error } from '../s3-error.ts';
import { ALGORITHM, signatureOf, signingKey } from '../sigv4.ts';
import { readCredential, readStamp } from './fields.ts';
import { doesNotMatch, isSameSignature, secretOf } from './signature.ts';
import type { Verification } from './verify.ts';

/** The access key that a form says it is signed with; nothing of it is proved. */
export function formKey(fields: ReadonlyMap<string, string>): string {
  return fields.get('awsaccesskeyid') ?? (fields.get('x-amz-credential') ?? '').split('/').slice(0, -4).join('/');
}

/**
 * Who signed the policy of a form, with version 4 or 2. How long it is good is in the policy. Source: "Authenticating
 * browser-based uploads" of the S3 reference.
 *
 * @param fields names in lower case
 * @returns the access key. @throws S3Error
 */
export function verifyForm(
  fields: ReadonlyMap<string, string>,
  { region, find }: Pick<Verification, 'region' | 'find'>,
): string {
  const policy = fields.get('policy');
  if (policy === undefined) throw new S3Error('AccessDenied', { message: 'A form needs a policy that is signed.' });
  if (fields.has('awsaccesskeyid')) {
    const accessKey = fields.get('awsaccesskeyid') ?? '';
    const expected = createHmac('sha1', secretOf(find, accessKey)).update(policy).digest('base64');
    if (!isSameSignature(expected, fields.get('signature') ?? '')) throw doesNotMatch(accessKey, policy);
    return accessKey;
  }
  if (fields.get('x-amz-algorithm') !== ALGORITHM) throw refuse(`x-amz-algorithm only supports "${ALGORITHM}".`);
  const stamp = fields.get('x-amz-date') ?? '';
  if (readStamp(stamp) === undefined) throw refuse('x-amz-date must be in the format yyyyMMddTHHmmssZ.');
  const { accessKey, scope } = readCredential(fields.get('x-amz-credential') ?? '', stamp, refuse);
  if (scope.region !== region) throw refuse(`The region of the credential is wrong; expecting '${region}'.`);
  const expected = signatureOf(signingKey(secretOf(find, accessKey), scope), policy);
  if (!isSameSignature(expected, fields.get('x-amz-signature') ?? '')) throw doesNotMatch(accessKey, policy);
  return accessKey;
}

function refuse(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message });
}
