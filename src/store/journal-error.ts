import { type AgentError, isAgentError, toAgentError } from '../lib/errors.ts';
import type { JournalError } from './journal-entry.ts';

export function journalError({ code, message, hint }: AgentError): JournalError {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** What was thrown out of something that `signal` may have stopped. */
export function journalFailure(thrown: unknown, signal: AbortSignal): JournalError {
  if (!isAgentError(thrown) && signal.aborted) {
    return { code: 'ABORTED', message: 'It was stopped before its outcome was known.' };
  }
  return journalError(toAgentError(thrown));
}
