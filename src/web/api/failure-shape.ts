import type { FailureShape } from './shapes.ts';

/** What a person is told of a failure; null without one. */
export function failureShape(
  error: { readonly code: string; readonly message: string; readonly hint?: string | undefined } | undefined,
): FailureShape | null {
  return error === undefined ? null : { code: error.code, message: error.message, hint: error.hint ?? null };
}
