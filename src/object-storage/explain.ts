import { isAgentError } from '../lib/errors.ts';
import {
  StorageBucketError,
  StorageConnectionError,
  type StorageContext,
  StorageDownloadError,
  type StorageError,
  type StorageFailure,
  StorageNotFoundError,
  StorageQuotaExceededError,
  StorageRetentionError,
  StorageUploadError,
} from './errors.ts';

/** What an operation was for, which decides what its failure is called. */
export type Purpose = 'upload' | 'download' | 'bucket' | 'retention';

const BY_PURPOSE = {
  upload: StorageUploadError,
  download: StorageDownloadError,
  bucket: StorageBucketError,
  retention: StorageRetentionError,
} as const;

const CREDENTIALS = 'Check the access key and the secret key.';
/** Hints by the code of an S3 error, for what people run into most. */
const HINTS: Readonly<Record<string, string>> = {
  AccessDenied: 'The policy of these keys does not allow it.',
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  CredentialsProviderError: 'Set access_key and secret_key, or give this machine or container a role.',
  RequestTimeTooSkewed: 'Synchronise the clock of this machine.',
  NoSuchBucket: 'Create the buckets with: agent minio init',
};

const UNREACHABLE =
  /^(ECONN|ENOTFOUND|EAI_|EHOSTUNREACH|ETIMEDOUT|EPIPE|TimeoutError|NetworkingError|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/;
const CREDENTIAL_CODES = /^(InvalidAccessKeyId|SignatureDoesNotMatch|RequestTimeTooSkewed|CredentialsProviderError)$/;
const QUOTA_CODES = /^(XMinioAdminBucketQuotaExceeded|QuotaExceeded|XMinioStorageFull|EntityTooLarge)$/;

/** Whatever the SDK threw, as an error of ours. */
export function explain(error: unknown, purpose: Purpose, context: StorageContext): StorageError | Error {
  if (isAgentError(error)) return error;
  if (!(error instanceof Error) || error.name === 'AbortError')
    return error instanceof Error ? error : new Error(String(error));
  const { code, status } = readError(error);
  const what = `${context.operation}${context.bucket === undefined ? '' : ` in bucket ${context.bucket}`}`;
  // Of what was thrown only the text survives: it carries the request, and with it a signature.
  const cause = new Error(`${code}: ${error.message}`.slice(0, 500));
  const failure = (statusCode?: number): StorageFailure => ({
    context,
    cause,
    hint: HINTS[code],
    ...(statusCode !== undefined && { statusCode }),
  });
  if (QUOTA_CODES.test(code) || status === 507) {
    return new StorageQuotaExceededError(`${what}: the quota is exceeded (${code})`, failure());
  }
  if (code === 'NoSuchBucket') return new StorageBucketError(`${what}: the bucket does not exist`, failure(404));
  if (status === 404) return new StorageNotFoundError(`${what}: ${context.key ?? 'it'} does not exist`, failure());
  if (UNREACHABLE.test(code))
    return new StorageConnectionError(`${what}: the server cannot be reached (${code})`, failure());
  if (CREDENTIAL_CODES.test(code)) {
    return new StorageConnectionError(`${what}: the server refuses the credentials (${code})`, failure(403));
  }
  return new BY_PURPOSE[purpose](`${what} failed: ${code}`, failure(status));
}

/** HEAD has no body: the SDK calls it NotFound. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && readError(error).status === 404;
}

function readError(error: Error): { readonly code: string; readonly status: number | undefined } {
  const { Code, code, $metadata } = error as {
    Code?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const named = [Code, code, error.name].find((name): name is string => typeof name === 'string' && name !== 'Error');
  return { code: named ?? 'Unknown', status: $metadata?.httpStatusCode };
}
