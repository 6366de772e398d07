import { AgentError, type Disposition, isAgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer } from '../../src/lib/http.ts';
import { inWords } from '../../src/lib/http-errors.ts';
import { isJsonObject } from '../../src/lib/json.ts';
import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import type { Bucket } from './client.ts';

/** What the plugin itself reacts to; every other failure only travels. */
export const CODES = {
  authentication: 'CROIT_S3_AUTHENTICATION',
  forbidden: 'CROIT_S3_FORBIDDEN',
  userNotFound: 'CROIT_S3_USER_NOT_FOUND',
  userExists: 'CROIT_S3_USER_EXISTS',
  notEmpty: 'CROIT_S3_NOT_EMPTY',
  keyExists: 'CROIT_S3_KEY_EXISTS',
  keyNotFound: 'CROIT_S3_KEY_NOT_FOUND',
  bucketNotFound: 'CROIT_S3_BUCKET_NOT_FOUND',
  /** Any other refusal of the API. */
  api: 'CROIT_S3_API',
} as const;

/** Waits for `work`; a failure with this code is as good as success. */
export async function ignoring(code: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, code)) throw error;
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return isAgentError(error) && error.code === code;
}

export interface Refusal {
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint?: string;
}

/** An answer that refuses, in words that hold no secret. */
export function refusal(peer: string, operation: string, answer: HttpAnswer, { hint, ...what }: Refusal): AgentError {
  const said = sayingOf(answer);
  return new AgentError(`${inWords(operation)}: ${peer} answered ${answer.status}${said && `: ${said}`}`, {
    ...what,
    hint,
    status: answer.status,
  });
}

/** What an answer says in its own words, at most 500 characters; croit may quote the URL, which holds a secret key. */
export function sayingOf({ body }: HttpAnswer): string {
  const text = isJsonObject(body) ? (body['message'] ?? body['error'] ?? body['detail'] ?? body['Code']) : body;
  return withoutSecretKey(typeof text === 'string' ? text : '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}

export function withoutSecretKey(text: string): string {
  return text.replace(/(secret_?-?key"?\s*[=:]\s*"?)[^\s"&<]+/gi, '$1***');
}

export function nameTaken(account: string): AgentError {
  return new AgentError(`The user name ${account} is taken by another account.`, {
    code: 'CROIT_S3_NAME_TAKEN',
    disposition: 'terminal',
    hint: 'Ask the provider: a user of that name exists without the stamp of this resource in its e-mail address.',
  });
}

export function vanished(account: string): AgentError {
  return new AgentError(`user ${account} is gone`, { code: CODES.userNotFound, disposition: 'transient' });
}

export function notEmpty(account: string, buckets: readonly Bucket[]): AgentError {
  const bytes = buckets.reduce((sum, bucket) => sum + bucket.bytes, 0n);
  const shown = buckets.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = buckets.length > shown.length ? ` and ${buckets.length - shown.length} more` : '';
  const message = `The account ${account} still has ${plural(buckets.length, 'bucket')} (${formatBytes(bytes)}): ${shown.join(', ')}${more}.`;
  return new AgentError(message, {
    code: CODES.notEmpty,
    disposition: 'terminal',
    hint: 'Delete the buckets with everything in them first, then terminate again.',
  });
}

export function unsupported(what: string): AgentError {
  return new AgentError(`${what} is not possible through the API of croit.`, {
    code: 'CROIT_S3_UNSUPPORTED',
    disposition: 'terminal',
    hint: 'Ask the provider, who can do it in croit itself.',
  });
}

export function badLimit(value: bigint): AgentError {
  return new AgentError(`An account cannot be limited to ${value}.`, {
    code: 'CROIT_S3_BAD_LIMIT',
    disposition: 'terminal',
  });
}

export function quotaNotKept(account: string, scope: string): AgentError {
  return new AgentError(`the ${scope} quota of ${account} was written, and something else was read back`, {
    code: 'CROIT_S3_QUOTA_NOT_KEPT',
    disposition: 'operator',
    hint: 'Does something else change the quotas of this user? Otherwise this version of the gateway needs a report.',
  });
}

/** It never becomes a URL: an HTTP client would resolve `..`. */
export function badSegment(what: string, text: string): AgentError {
  return new AgentError(`${JSON.stringify(text.slice(0, 80))} cannot be ${what}.`, {
    code: 'CROIT_S3_BAD_NAME',
    disposition: 'terminal',
  });
}

export function caUnreadable(path: string, cause: unknown): AgentError {
  return new AgentError(`the file ${path} of ca_file cannot be read`, {
    code: 'CROIT_S3_CA_FILE',
    disposition: 'operator',
    cause,
  });
}

const MOST_NAMES = 10;
