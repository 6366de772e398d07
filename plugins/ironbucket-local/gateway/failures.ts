import { isAgentError } from '../../../src/lib/errors.ts';
import type { Log, LogFields } from '../../../src/lib/log.ts';
import type { S3Code } from '../../../src/s3/s3-codes.ts';
import { renderS3Error, S3Error } from '../../../src/s3/s3-error.ts';
import { codeOf } from '../disk.ts';
import { QUOTA_EXCEEDED, STAGING_FULL } from '../errors.ts';
import { type Refusal, StorageError } from '../objects/storage-error.ts';
import type { Reply } from './call.ts';

/** Anything thrown, in the words of S3. What the client is not told stays the cause. */
export function toS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (error instanceof StorageError) return fromStorageError(error);
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

/** Does the operator have to know? What clients do wrong, and buckets that are full, are no fault of the gateway. */
function isOurs({ status, code, cause }: S3Error): boolean {
  return status >= 500 && !THEIRS.has(code) && !(isAgentError(cause) && cause.code === STAGING_FULL);
}

/** Tells the operator of what is ours, unless the client is gone. */
export function logOurs(log: Log, error: S3Error, signal: AbortSignal, about: LogFields): void {
  if (isOurs(error) && !signal.aborted) log.error({ err: error.cause ?? error, ...about }, 'an S3 request failed');
}

/** The answer that tells the client. @param resource the path that was asked for. @param headers besides its own */
export function refusalReply(
  error: S3Error,
  resource: string,
  requestId: string,
  headers: Reply['headers'] = {},
): Reply {
  return {
    status: error.status,
    headers: { ...headers, 'x-amz-error-code': error.code, ...error.headers },
    body: renderS3Error(error, resource, requestId),
  };
}

const THEIRS: ReadonlySet<S3Code> = new Set(['QuotaExceeded', 'NotImplemented']);

function fromAgentError(error: { readonly code: string; readonly cause?: unknown }): S3Error {
  if (error.code === QUOTA_EXCEEDED) return new S3Error('QuotaExceeded', { cause: error });
  if (error.code === STAGING_FULL) return new S3Error('SlowDown', { cause: error });
  if (error.code === 'IRONBUCKET_VANISHED') return new S3Error('NoSuchBucket', { cause: error });
  const full = codeOf(error.cause) === 'ENOSPC' || codeOf(error.cause) === 'EDQUOT';
  return new S3Error(full ? 'InsufficientStorage' : 'ServiceUnavailable', { cause: error });
}

const CODES: Readonly<Record<Refusal, S3Code>> = {
  'no-bucket': 'NoSuchBucket',
  'no-upload': 'NoSuchUpload',
  'bad-key': 'InvalidArgument',
  'key-too-long': 'KeyTooLongError',
  'no-parts': 'MalformedXML',
  'bad-part': 'InvalidPart',
  'part-order': 'InvalidPartOrder',
  'small-part': 'EntityTooSmall',
  conflict: 'OperationAborted',
};

function fromStorageError(error: StorageError): S3Error {
  const { reason, detail: message, part, cause } = error;
  const fields = part === undefined ? undefined : { PartNumber: String(part) };
  return new S3Error(CODES[reason], { message, fields, cause });
}
