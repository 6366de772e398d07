import { AgentError, type Disposition, isAgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { retryAfterMs } from '../../src/lib/http-errors.ts';
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts';

export const PEER = 'Civo';

/** What the plugin itself reacts to; every other failure only travels. */
export const CODES = {
  absent: 'CIVO_ABSENT',
  nameExists: 'CIVO_NAME_EXISTS',
  busy: 'CIVO_BUSY',
} as const;

interface Verdict {
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint?: string;
}

const AUTHENTICATION: Verdict = {
  code: 'CIVO_UNAUTHORIZED',
  disposition: 'operator',
  hint: '401 Unauthorized: verify the token and update the configuration. Civo reports a wrong token as an account that is not found, too.',
};
const REGION: Verdict = {
  code: 'CIVO_REGION',
  disposition: 'operator',
  hint: 'Use a valid region: agent doctor lists those with object stores.',
};
const UNSUPPORTED_REGION: Verdict = {
  code: 'CIVO_REGION_UNSUPPORTED',
  disposition: 'operator',
  hint: 'Object stores exist in other regions only: agent doctor lists them.',
};
const CAPACITY: Verdict = {
  code: 'CIVO_NO_CAPACITY',
  disposition: 'operator',
  hint: 'The region is full: wait until Civo has room there, or use another region for new stores.',
};
const QUOTA: Verdict = {
  code: 'CIVO_QUOTA',
  disposition: 'operator',
  hint: 'The quota of the account is reached: contact Civo to raise it. Orders wait until then.',
};
const LOCKED: Verdict = {
  code: 'CIVO_LOCKED',
  disposition: 'transient',
  hint: 'Another operation is running at Civo: it is tried again.',
};
const DISABLED: Verdict = {
  code: 'CIVO_DISABLED',
  disposition: 'operator',
  hint: 'The service is disabled for this account: contact Civo.',
};
const EXISTS: Verdict = {
  code: CODES.nameExists,
  disposition: 'terminal',
  hint: 'Choose a different name: names of object stores are global, and those of deleted stores stay taken for a while.',
};

/**
 * The codes of Civo, tried in this order: what concerns the account comes before what concerns one thing in it, because
 * a wrong token is reported as `database_account_not_found`, which must not be taken for the absence of a store.
 */
const BY_CODE: readonly (readonly [code: RegExp, reason: RegExp | undefined, verdict: Verdict])[] = [
  [/^authentication_|^database_account_|^account_not_enabled/, undefined, AUTHENTICATION],
  [/^(database_region_not_found|region_unavailable)$/, /region not found/i, REGION],
  [/^database_region_feature_not_supported$/, undefined, UNSUPPORTED_REGION],
  [/^out_of_capacity$/, undefined, CAPACITY],
  [/^quota_limit_reached$/, /credential creation failed/i, QUOTA],
  [/^database_quota_lock_failed$/, /state locked/i, LOCKED],
  [/^disabled_service$/, undefined, DISABLED],
  [/^database_object_?store_exists$/, /bucket name already exists/i, EXISTS],
];

/** How a store or credential that is not there is called, in either spelling that was seen. */
const ABSENT_CODE = /^(database_)?object_?store(_credential)?_not_found$/;

/** A non-2xx answer of Civo's API as an AgentError. An absence is only what names a store or a credential as not found. */
export function explain(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError {
  const { body, status } = answer;
  const said = isJsonObject(body) ? sayingOf(body) : shorten(typeof body === 'string' ? body : '');
  const verdict = isJsonObject(body) ? judge(body, status) : judgeText(status);
  const strange = isJsonObject(body) ? '' : ', and the answer was not understood';
  return new AgentError(`${request.operation}: ${PEER} answered ${status}${strange}${said && `: ${said}`}`, {
    ...verdict,
    status,
    retryAfterMs: retryAfterMs(answer.headers['retry-after'], now),
  });
}

/** A 2xx answer that says it failed; undefined for any other. Official clients do not look. */
export function refusedAnyway(request: Pick<HttpRequest, 'operation'>, body: JsonObject): AgentError | undefined {
  const { result } = body;
  if (result === undefined || result === 'success') return undefined;
  const verdict = judge(body, 200);
  return new AgentError(`${request.operation}: ${PEER} answered 200, and not with success: ${sayingOf(body)}`, {
    ...verdict,
    status: 200,
  });
}

function judge(body: JsonObject, status: number): Verdict {
  const { code, reason, result } = body;
  // Some failures of Civo arrive with another HTTP status than the one in the body.
  if (typeof body['status'] === 'number' && body['status'] >= 500) return FAILED;
  if (result === 'requires_authentication') return AUTHENTICATION;
  const known = BY_CODE.find(
    ([codes, reasons]) =>
      (typeof code === 'string' && codes.test(code)) || (typeof reason === 'string' && reasons?.test(reason)),
  );
  if (known !== undefined) return known[2];
  if (status === 404 && typeof code === 'string' && ABSENT_CODE.test(code)) {
    return { code: CODES.absent, disposition: 'transient' };
  }
  return byStatus(status);
}

/** A page or a text: something else answers in place of the API, so it says nothing about what was asked for. */
function judgeText(status: number): Verdict {
  const verdict = byStatus(status);
  if (status === 401 || verdict.disposition === 'transient') return verdict;
  return {
    code: 'CIVO_BAD_ANSWER',
    disposition: 'operator',
    hint: 'Something else answers in place of Civo: check api_url and the proxies in front of it.',
  };
}

const FAILED: Verdict = { code: 'CIVO_FAILED', disposition: 'transient' };

function byStatus(status: number): Verdict {
  switch (status) {
    case 401:
      return AUTHENTICATION;
    case 404:
      return {
        code: 'CIVO_NOT_FOUND',
        disposition: 'operator',
        hint: 'Nothing of ours is called absent by this answer: check api_url, and whether Civo changed its API.',
      };
    case 408:
      return { code: 'CIVO_TIMEOUT', disposition: 'transient' };
    case 409:
      return { code: CODES.busy, disposition: 'transient' };
    case 429:
      return { code: 'CIVO_RATE_LIMITED', disposition: 'transient' };
    default:
      return status >= 400 && status < 500 ? { code: 'CIVO_REFUSED', disposition: 'terminal' } : FAILED;
  }
}

const LONGEST_SAYING = 500;

/** Code, reason and details; any of them may be anything. */
function sayingOf({ code, reason, details, result }: JsonObject): string {
  const parts = [code, reason, details, code === undefined && reason === undefined ? result : undefined];
  const said = parts
    .filter((part) => part !== undefined && part !== null)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
  return shorten(said.join(' '));
}

function shorten(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_SAYING);
}

export function hasCode(error: unknown, code: string): boolean {
  return isAgentError(error) && error.code === code;
}

/** Waits for `work`, and says of its failure what was being done to what. */
export async function doing<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isAgentError(error)) throw error;
    const { code, disposition, hint, retryAfterMs: wait, status } = error;
    throw new AgentError(`failed to ${what}: ${error.message}`, {
      code,
      disposition,
      hint,
      retryAfterMs: wait,
      status,
      cause: error.cause ?? error,
    });
  }
}
