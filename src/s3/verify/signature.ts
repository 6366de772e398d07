import { timingSafeEqual } from 'node:crypto';
import { S3Error } from '../s3-error.ts';

export type FindSecret = (accessKey: string) => { readonly secretKey: string } | undefined;

/** @throws S3Error `InvalidAccessKeyId` */
export function secretOf(find: FindSecret, accessKey: string): string {
  const holder = find(accessKey);
  if (holder === undefined) throw new S3Error('InvalidAccessKeyId', { fields: { AWSAccessKeyId: accessKey } });
  return holder.secretKey;
}

/** In a time that does not tell how much of what was given is right. */
export function isSameSignature(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The text tells the maker of a client whether it was built in the same way: of version 4, its last line does. */
export function doesNotMatch(accessKey: string, stringToSign: string): S3Error {
  return new S3Error('SignatureDoesNotMatch', { fields: { AWSAccessKeyId: accessKey, StringToSign: stringToSign } });
}
