import type { AgentError } from '../lib/errors.ts';

/** What Waldur refuses is between Waldur and the operator; only what was ordered or the backend can be hopeless. */
export function isHopeless(error: AgentError): boolean {
  return error.disposition === 'terminal' && !error.code.startsWith('WALDUR_');
}
