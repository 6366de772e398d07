import { AgentError, type Disposition, isAgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { answerError } from '../../src/lib/http-errors.ts';
import { isJsonObject } from '../../src/lib/json.ts';
import { formatBytes } from '../../src/lib/units.ts';
import { decodeEntities } from '../../src/s3/xml/text.ts';
import { readText } from './decode.ts';

/** Who answers, in errors and in the prefix of their codes. */
export const PEER = 'MinIO';

/** What the plugin itself reacts to; every other failure only travels. */
export const CODES = {
  authentication: 'MINIO_AUTHENTICATION',
  forbidden: 'MINIO_FORBIDDEN',
  encryption: 'MINIO_ENCRYPTION',
  notAuthentic: 'MINIO_NOT_AUTHENTIC',
  version: 'MINIO_VERSION',
  noSuchUser: 'MINIO_NO_SUCH_USER',
  noSuchPolicy: 'MINIO_NO_SUCH_POLICY',
  noSuchKey: 'MINIO_NO_SUCH_KEY',
  noSuchBucket: 'MINIO_NO_SUCH_BUCKET',
  alreadyApplied: 'MINIO_ALREADY_APPLIED',
  policyInUse: 'MINIO_POLICY_IN_USE',
  keyTaken: 'MINIO_KEY_TAKEN',
  /** The name belongs to the root user or to a service account. */
  special: 'MINIO_SPECIAL_NAME',
  unsupported: 'MINIO_UNSUPPORTED',
  quotaExceeded: 'MINIO_QUOTA_EXCEEDED',
  /** Any other refusal. */
  refused: 'MINIO_REFUSED',
} as const;

interface Meaning {
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint?: string;
}

const CREDENTIALS = 'Check admin_access_key and admin_secret_key, and the clocks of both machines.';
const PERMISSION = 'The admin user lacks a permission: compare its policy with plugins/minio/agent-policy.json.';
const ENCRYPTION =
  'The secret key is wrong, or encrypt_payload is: servers under /rustfs/admin/v3 want false, all others true.';
const ADMIN_VERSION =
  'This server may speak another version of the admin API: check admin_prefix. The same answer means "no such call".';

/** By the code in the answer; the status says less. Measured on RELEASE.2025-10-15. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  SignatureDoesNotMatch: { code: CODES.authentication, disposition: 'operator', hint: CREDENTIALS },
  InvalidAccessKeyId: { code: CODES.authentication, disposition: 'operator', hint: CREDENTIALS },
  RequestTimeTooSkewed: { code: CODES.authentication, disposition: 'operator', hint: CREDENTIALS },
  AuthorizationParametersError: { code: CODES.authentication, disposition: 'operator', hint: CREDENTIALS },
  AccessDenied: { code: CODES.forbidden, disposition: 'operator', hint: PERMISSION },
  XMinioAdminConfigBadJSON: { code: CODES.encryption, disposition: 'operator', hint: ENCRYPTION },
  XMinioAdminVersionMismatch: { code: CODES.version, disposition: 'operator', hint: ADMIN_VERSION },
  XMinioAdminNoSuchUser: { code: CODES.noSuchUser, disposition: 'transient' },
  XMinioAdminNoSuchPolicy: { code: CODES.noSuchPolicy, disposition: 'transient' },
  XMinioAdminNoSuchAccessKey: { code: CODES.noSuchKey, disposition: 'transient' },
  NoSuchBucket: { code: CODES.noSuchBucket, disposition: 'transient' },
  XMinioAdminPolicyChangeAlreadyApplied: { code: CODES.alreadyApplied, disposition: 'transient' },
  XMinioIAMPolicyInUse: { code: CODES.policyInUse, disposition: 'transient' },
  XMinioIAMServiceAccountNotAllowed: { code: CODES.keyTaken, disposition: 'transient' },
  XMinioIAMActionNotAllowed: { code: CODES.special, disposition: 'terminal' },
  XMinioAdminBucketQuotaExceeded: { code: CODES.quotaExceeded, disposition: 'terminal' },
  XMinioStorageFull: {
    code: 'MINIO_STORAGE_FULL',
    disposition: 'operator',
    hint: 'The disks of the server are full: until space is free, not even users and quotas can be changed.',
  },
  XMinioAdminConfigLDAPNonDefaultConfigName: { code: CODES.unsupported, disposition: 'operator' },
};

/** The call was made wrongly: a mistake of ours, not of the order. */
const MISTAKES =
  /^(InvalidArgument|XMinioAdminInvalidArgument|XMinioMalformedIAMPolicy|MalformedPolicy|EntityTooSmall)$/;
/** The body could not be decrypted, which this server answers with 500. */
const UNDECRYPTED = /not authentic|invalid encryption algorithm/i;
const NOT_READY =
  /^(XMinio(Server|IAM)NotInitialized|XMinioAdminConfigNoQuorum|SlowDown|RequestTimeout|Throttling\w*)$/;

/** An answer that refuses. One code has two meanings, and only the call tells which. */
export function explain(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError {
  const { code, message } = sayingOf(answer);
  const text = [code, message].filter(Boolean).join(': ').slice(0, 500);
  const verdict = (meaning: Meaning): AgentError => answerError(PEER, request, answer, now, { ...meaning, text });
  if (code === 'XMinioInvalidIAMCredentials') {
    return verdict(
      answer.status === 404
        ? { code: CODES.noSuchKey, disposition: 'transient' }
        : { code: CODES.special, disposition: 'terminal', hint: 'The root user or a service account has this name.' },
    );
  }
  const meaning = MEANINGS[code];
  if (meaning !== undefined) return verdict(meaning);
  if (UNDECRYPTED.test(message)) return verdict({ code: CODES.encryption, disposition: 'operator', hint: ENCRYPTION });
  if (NOT_READY.test(code)) return verdict({ code: 'MINIO_NOT_READY', disposition: 'transient' });
  if (MISTAKES.test(code)) return verdict({ code: CODES.refused, disposition: 'bug' });
  return answerError(PEER, request, answer, now, { text });
}

/** Answers are JSON, except a few that are XML: parse errors of quotas, clocks that differ, `..` in a key. */
function sayingOf({ body }: HttpAnswer): { readonly code: string; readonly message: string } {
  if (isJsonObject(body)) return { code: readText(body['Code']), message: readText(body['Message']) };
  const element = (name: string): string =>
    decodeEntities(new RegExp(`<${name}>([^<]*)</${name}>`).exec(typeof body === 'string' ? body : '')?.[1] ?? '');
  return { code: element('Code'), message: element('Message') };
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return isAgentError(error) && codes.includes(error.code);
}

/** What `work` resolves to, or `instead` when it fails with one of these codes. */
export async function unless<T, U>(codes: readonly string[], instead: U, work: Promise<T>): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error;
    return instead;
  }
}

export function notAuthentic(): AgentError {
  return new AgentError('the encrypted part of an answer is not authentic', {
    code: CODES.notAuthentic,
    disposition: 'operator',
    hint: ENCRYPTION,
  });
}

export function nameTaken(account: string): AgentError {
  return new AgentError(`The name ${account} is taken by a user, policy or bucket of another owner.`, {
    code: 'MINIO_NAME_TAKEN',
    disposition: 'terminal',
    hint: 'Ask the provider: something of that name exists without the stamp of this resource.',
  });
}

export function vanished(account: string): AgentError {
  return new AgentError(`user ${account} is gone`, { code: CODES.noSuchUser, disposition: 'transient' });
}

export interface Content {
  readonly bucket: string;
  /** Undefined before the first scan of the server. */
  readonly bytes: bigint | undefined;
}

export function notEmpty(account: string, contents: readonly Content[]): AgentError {
  const shown = contents.map(({ bucket, bytes }) =>
    bytes === undefined ? bucket : `${bucket} (${formatBytes(bytes)})`,
  );
  return new AgentError(`The account ${account} still holds data in ${shown.join(', ')}.`, {
    code: 'MINIO_NOT_EMPTY',
    disposition: 'terminal',
    hint: 'Delete everything in the buckets first, versions and uploads included, then terminate again.',
  });
}

export function badName(what: string, text: string): AgentError {
  return new AgentError(`${JSON.stringify(text.slice(0, 80))} cannot be ${what}.`, {
    code: 'MINIO_BAD_NAME',
    disposition: 'terminal',
  });
}

export function badLimit(reason: string): AgentError {
  return new AgentError(reason, { code: 'MINIO_BAD_LIMIT', disposition: 'terminal' });
}

export function quotaNotKept(bucket: string): AgentError {
  return new AgentError(`the quota of bucket ${bucket} was written, and something else was read back`, {
    code: 'MINIO_QUOTA_NOT_KEPT',
    disposition: 'operator',
    hint: 'Does something else change the quotas? Otherwise this server ignores them, as some compatible ones do.',
  });
}

export function caUnreadable(path: string, cause: unknown): AgentError {
  return new AgentError(`the file ${path} of ca_file cannot be read`, {
    code: 'MINIO_CA_FILE',
    disposition: 'operator',
    cause,
  });
}

export function unchangeable(path: string): AgentError {
  return new AgentError(`The attribute ${path} cannot be changed on this backend.`, {
    code: CODES.unsupported,
    disposition: 'terminal',
  });
}

export function notInForce(account: string): AgentError {
  return new AgentError(`user ${account} was made, and is disabled or without its policy when read back`, {
    code: 'MINIO_NOT_IN_FORCE',
    disposition: 'transient',
  });
}
