import { AgentError, isAgentError } from '../../src/lib/errors.ts';
import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import type { ScanResult } from './quota/scan.ts';

export function nameTaken(account: string): AgentError {
  return new AgentError(`The bucket name ${account} is taken by something this resource does not own.`, {
    code: 'IRONBUCKET_NAME_TAKEN',
    disposition: 'terminal',
    hint: 'Ask the provider: a directory of that name exists without the stamp of this resource.',
  });
}

export function notEmpty(account: string, { objects, bytes }: ScanResult): AgentError {
  return new AgentError(`The bucket ${account} still holds ${plural(objects, 'object')} (${formatBytes(bytes)}).`, {
    code: 'IRONBUCKET_NOT_EMPTY',
    disposition: 'terminal',
    hint: 'Delete the objects and their old versions first, then terminate again.',
  });
}

export function objectLimit(account: string): AgentError {
  return new AgentError(`The number of objects in the bucket ${account} cannot be limited.`, {
    code: 'IRONBUCKET_OBJECT_LIMIT',
    disposition: 'terminal',
    hint: 'Order a storage limit without an object limit.',
  });
}

export function unsupported(account: string): AgentError {
  return new AgentError(`Nothing but its limit can be changed of the bucket ${account}.`, {
    code: 'IRONBUCKET_UNSUPPORTED',
    disposition: 'terminal',
  });
}

export function badName(account: string): AgentError {
  return new AgentError(`${JSON.stringify(account.slice(0, 80))} cannot be the name of a bucket.`, {
    code: 'IRONBUCKET_BAD_NAME',
    disposition: 'terminal',
    hint: 'Bucket names have 3 to 63 characters out of a-z, 0-9, "." and "-".',
  });
}

export function badLimit(bytes: bigint): AgentError {
  return new AgentError(`A bucket cannot be limited to ${bytes} bytes.`, {
    code: 'IRONBUCKET_BAD_LIMIT',
    disposition: 'terminal',
  });
}

export const QUOTA_EXCEEDED = 'IRONBUCKET_QUOTA_EXCEEDED';

/** The message is the one that IronBucket answers with. */
export function quotaExceeded(account: string): AgentError {
  return new AgentError('Bucket quota exceeded', {
    code: QUOTA_EXCEEDED,
    disposition: 'terminal',
    hint: `Delete objects of ${account}, or order a higher limit.`,
  });
}

export const STAGING_FULL = 'IRONBUCKET_STAGING_FULL';

export function stagingFull(account: string): AgentError {
  return new AgentError(`bucket ${account} has too many bytes in uploads that are not finished`, {
    code: STAGING_FULL,
    disposition: 'transient',
    hint: 'Uploads that replace objects need room for both. Send fewer at once.',
  });
}

/** The next pass observes it as absent and creates it again. */
export function vanished(account: string): AgentError {
  return new AgentError(`the directory of bucket ${account} is gone`, {
    code: 'IRONBUCKET_VANISHED',
    disposition: 'transient',
  });
}

export function damaged(path: string, why: string): AgentError {
  return new AgentError(`${path} cannot be used: ${why}`, {
    code: 'IRONBUCKET_FILE_DAMAGED',
    disposition: 'operator',
    hint: 'Restore the file from a backup. It is never replaced while it cannot be read.',
  });
}

/** An empty directory where a file system should be mounted looks like "no accounts at all". */
export function storageGone(path: string): AgentError {
  return new AgentError(`the storage at ${path} is not there`, {
    code: 'IRONBUCKET_STORAGE_GONE',
    disposition: 'operator',
    hint: 'Is the file system mounted? The agent does not create the storage path.',
  });
}

/** Everything of it is found again as after the death of a process. */
export function servingEnded(cause: Error | undefined): AgentError {
  return new AgentError(`the thread that serves S3 ended${cause === undefined ? '' : `: ${cause.message}`}`, {
    code: 'IRONBUCKET_SERVING_ENDED',
    disposition: 'transient',
    hint: 'It is started again. When this goes on, the log has the reason.',
    cause,
  });
}

export function cannotListen(address: string, cause: Error): AgentError {
  return new AgentError(`listening on ${address} for S3 failed: ${cause.message}`, {
    code: 'IRONBUCKET_LISTEN',
    disposition: 'operator',
    hint: 'Set another address in listen, stop what uses this one, or set gateway: false if that serves the directory.',
    cause,
  });
}

/** What the operating system said, in the terms of the agent; anything it does not know comes back as it was. */
export function storageError(error: unknown, doing: string): unknown {
  if (isAgentError(error) || !(error instanceof Error) || !('code' in error)) return error;
  const reason = REASONS[String(error.code)];
  if (reason === undefined) return error;
  const { code, disposition, hint } = reason;
  return new AgentError(`${doing} failed: ${error.message}`, { code, disposition, hint, cause: error });
}

const DENIED = {
  code: 'IRONBUCKET_STORAGE_DENIED',
  disposition: 'operator',
  hint: 'The agent must own the storage path, on a file system that is mounted for writing.',
} as const;
const FULL = {
  code: 'IRONBUCKET_STORAGE_FULL',
  disposition: 'operator',
  hint: 'The file system is out of space or inodes.',
} as const;
const FAILED = { code: 'IRONBUCKET_STORAGE_FAILED', disposition: 'transient', hint: undefined } as const;

const REASONS: Readonly<Record<string, typeof DENIED | typeof FULL | typeof FAILED>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: DENIED,
  ELOOP: DENIED,
  ENOTDIR: DENIED,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: FAILED,
  EBUSY: FAILED,
  EMFILE: FAILED,
  ENFILE: FAILED,
  EAGAIN: FAILED,
  ESTALE: FAILED,
  ETIMEDOUT: FAILED,
  // Another program works in the same directory: look again.
  ENOENT: FAILED,
  EEXIST: FAILED,
  ENOTEMPTY: FAILED,
};
