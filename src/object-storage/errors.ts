import { AgentError, type Disposition } from '../lib/errors.ts';

/** What was being done to what. */
export interface StorageContext {
  readonly operation: string;
  readonly bucket?: string;
  readonly key?: string;
}

export interface StorageFailure {
  readonly context: StorageContext;
  /** HTTP status: of the answer, or the one that tells a client of ours what happened. */
  readonly statusCode?: number;
  readonly cause?: unknown;
  readonly hint?: string | undefined;
}

interface Kind {
  readonly code: string;
  readonly disposition: Disposition;
  readonly statusCode: number;
}

/** Base of every failure of the object storage. The message holds no secret. */
export class StorageError extends AgentError {
  readonly context: StorageContext;
  readonly statusCode: number;

  constructor(message: string, failure: StorageFailure, kind: Kind) {
    const { context, cause, hint, statusCode = kind.statusCode } = failure;
    const { code, disposition } = kind;
    super(message, { code, disposition, cause, hint, status: statusCode });
    this.context = context;
    this.statusCode = statusCode;
  }
}

/** The server cannot be reached, or refuses the credentials. */
export class StorageConnectionError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_CONNECTION', disposition: 'transient', statusCode: 503 });
  }
}

export class StorageUploadError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_UPLOAD', disposition: 'transient', statusCode: 500 });
  }
}

export class StorageDownloadError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_DOWNLOAD', disposition: 'transient', statusCode: 500 });
  }
}

export class StorageNotFoundError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_NOT_FOUND', disposition: 'terminal', statusCode: 404 });
  }
}

export class StorageBucketError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_BUCKET', disposition: 'operator', statusCode: 500 });
  }
}

export class StorageRetentionError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_RETENTION', disposition: 'operator', statusCode: 500 });
  }
}

/** More than the configured maximum, over the quota of the bucket, or the disks are full. */
export class StorageQuotaExceededError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_QUOTA_EXCEEDED', disposition: 'terminal', statusCode: 413 });
  }
}

/** What was given cannot be a key, an id, a file name or a number of seconds; nothing was sent. */
export class StorageInputError extends StorageError {
  constructor(message: string, failure: StorageFailure) {
    super(message, failure, { code: 'STORAGE_INPUT', disposition: 'terminal', statusCode: 400 });
  }
}
