import { isAgentError } from '../../../src/lib/errors.ts';
import { codeOf } from '../disk.ts';
import { QUOTA_EXCEEDED } from '../errors.ts';
import { S3Error } from './s3-error.ts';

/** Anything thrown, in the words of S3. What the client is not told stays the cause. */
export function toS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (isAgentError(error)) return fromAgentError(error);
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new S3Error('InsufficientStorage', { cause: error });
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
      return new S3Error('SlowDown', { cause: error });
    default:
      return new S3Error('InternalError', { cause: error });
  }
}

/** Does the operator have to know? What clients do wrong, and buckets that are full, are nobody's fault here. */
export function isOurs({ status, code }: S3Error): boolean {
  return status >= 500 && code !== 'QuotaExceeded' && code !== 'NotImplemented';
}

function fromAgentError(error: { readonly code: string; readonly cause?: unknown }): S3Error {
  if (error.code === QUOTA_EXCEEDED) return new S3Error('QuotaExceeded', { cause: error });
  if (error.code === 'IRONBUCKET_VANISHED') return new S3Error('NoSuchBucket', { cause: error });
  const full = codeOf(error.cause) === 'ENOSPC' || codeOf(error.cause) === 'EDQUOT';
  return new S3Error(full ? 'InsufficientStorage' : 'ServiceUnavailable', { cause: error });
}
