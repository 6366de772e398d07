import type { AgentError } from '../lib/errors.ts';

/** One sentence, what to do, a code, and what finds it in our log. */
export function consumerText({ code, message, hint }: AgentError, reference?: string): string {
  const advice = hint === undefined ? '' : ` ${hint}`;
  return `${message}${advice} (${code}${reference === undefined ? '' : `, ${reference}`})`;
}
