import type { AgentError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';

/** What a person and a program are told of a failure. */
export type Failure = Pick<AgentError, 'code' | 'message' | 'hint'>;

export function failureJson(error: Failure | undefined): Json {
  return error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null };
}
