import { AgentError, type Disposition, isAgentError } from '../../lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../lib/http.ts';
import { answerError } from '../../lib/http-errors.ts';
import { childText, parseXml, type XmlElement } from '../xml/parse.ts';

/** Codes of the errors that callers of the client react to. */
export const S3_ABSENT = 'S3_ABSENT';
export const S3_BUCKET_OWNED = 'S3_BUCKET_OWNED';

const PEER = 'S3';

/**
 * The error for an answer of an S3 server that is not 2xx. The code of the S3 error decides; without one, as in answers to
 * HEAD, the status does. Source: "Error responses" of the S3 reference.
 */
export function explainS3(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError {
  const code = request.method === 'HEAD' ? (STATUS_CODES.get(answer.status) ?? '') : codeIn(answer.body);
  const known = /^NoSuch[A-Z]|NotFoundError$/.test(code) ? ABSENT : KNOWN.get(code);
  const said = code === '' ? {} : { text: code };
  return answerError(PEER, request, answer, now, { ...said, ...known });
}

export function hasS3Code(error: unknown, code: string): boolean {
  return isAgentError(error) && error.code === code;
}

/** What the work returns; undefined when what it is about is absent. */
export async function absentIsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasS3Code(error, S3_ABSENT)) return undefined;
    throw error;
  }
}

/** The root of an answer. @throws AgentError transient `S3_BAD_ANSWER` for what is not XML of that name */
export function readAnswer(operation: string, text: string, name: string): XmlElement {
  try {
    const root = parseXml(text);
    if (root.name === name) return root;
  } catch {
    // Without the cause: it says no more than that the text is not XML.
  }
  throw new AgentError(`${operation}: ${PEER} answered something other than ${name}`, {
    code: 'S3_BAD_ANSWER',
    disposition: 'transient',
    hint: 'If this persists, a proxy or login page answers in place of the S3 endpoint.',
  });
}

/** The code of an S3 error; empty for any other text. */
function codeIn(body: unknown): string {
  try {
    return childText(parseXml(typeof body === 'string' ? body : ''), 'Code')?.trim() ?? '';
  } catch {
    return '';
  }
}

/** An answer to HEAD has no body. A 404 without one to another method may come from something other than S3. */
const STATUS_CODES: ReadonlyMap<number, string> = new Map([
  [403, 'AccessDenied'],
  [404, 'NoSuchKey'],
]);

interface Known {
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint?: string;
}

const ABSENT: Known = { code: S3_ABSENT, disposition: 'transient' };
const CREDENTIALS: Known = {
  code: 'S3_CREDENTIALS',
  disposition: 'operator',
  hint: 'Check the access key, the secret key and the region.',
};
const NOT_OFFERED: Known = {
  code: 'S3_NOT_OFFERED',
  disposition: 'terminal',
  hint: 'This S3 server does not offer the operation.',
};
const KNOWN: ReadonlyMap<string, Known> = new Map(
  Object.entries<Known>({
    AccessDenied: {
      code: 'S3_DENIED',
      disposition: 'operator',
      hint: 'A policy, a retention lock or a suspended account denies it to this key.',
    },
    AccountProblem: { code: 'S3_DENIED', disposition: 'operator' },
    UserSuspended: { code: 'S3_DENIED', disposition: 'operator', hint: 'The user is suspended.' },
    BucketAlreadyExists: { code: 'S3_BUCKET_TAKEN', disposition: 'terminal', hint: 'Choose another bucket name.' },
    BucketAlreadyOwnedByYou: { code: S3_BUCKET_OWNED, disposition: 'terminal' },
    BucketNotEmpty: {
      code: 'S3_BUCKET_IN_USE',
      disposition: 'transient',
      hint: 'Something still writes to the bucket.',
    },
    InvalidBucketName: { code: 'S3_BUCKET_NAME', disposition: 'terminal', hint: 'Choose another bucket name.' },
    QuotaExceeded: { code: 'S3_QUOTA_EXCEEDED', disposition: 'terminal' },
    InvalidAccessKeyId: CREDENTIALS,
    SignatureDoesNotMatch: CREDENTIALS,
    AuthorizationHeaderMalformed: CREDENTIALS,
    RequestTimeTooSkewed: { ...CREDENTIALS, code: 'S3_CLOCK', hint: 'Synchronise the clock of this machine.' },
    OperationAborted: { code: 'S3_BUSY', disposition: 'transient' },
    SlowDown: { code: 'S3_BUSY', disposition: 'transient' },
    RequestTimeout: { code: 'S3_BUSY', disposition: 'transient' },
    MethodNotAllowed: NOT_OFFERED,
    NotImplemented: NOT_OFFERED,
  }),
);
