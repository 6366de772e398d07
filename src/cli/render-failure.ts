import type { AgentError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import { printable, type Style } from './style.ts';

/** What a person and a program are told of a failure. */
export type Failure = Pick<AgentError, 'code' | 'message' | 'hint'>;

/** Why an offering could not be looked at, under its name. */
export function renderFailure({ code, message, hint }: Failure, style: Style): string {
  const line = `  ${style.red(style.glyphs.failed)} ${printable(message)} ${style.dim(`(${code})`)}\n`;
  return hint === undefined ? line : `${line}      ${style.dim(printable(hint))}\n`;
}

export function failureJson(error: Failure | undefined): Json {
  return error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null };
}
