import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Holder } from './access-keys.ts';
import type { Principal } from './call.ts';
import type { Target } from './target.ts';

/** @throws S3Error `AccessDenied`, alike for buckets of others and for those that do not exist. */
export function authorize({ principal, suspended }: Holder, { bucket }: Target): void {
  if (suspended) throw new S3Error('AccessDenied', { message: 'This account is suspended.' });
  if (bucket === '') return;
  requireOwner(principal, bucket);
}

/** @throws S3Error `AccessDenied` */
export function requireOwner(principal: Principal, bucket: string): void {
  if (principal.kind === 'administrator' || principal.account === bucket) return;
  throw new S3Error('AccessDenied', { message: `This key pair opens the bucket ${principal.account} only.` });
}

/** @throws S3Error `AccessDenied` */
export function requireAdministrator(principal: Principal, why: string): void {
  if (principal.kind !== 'administrator') throw new S3Error('AccessDenied', { message: why });
}
