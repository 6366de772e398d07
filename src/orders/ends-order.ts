import type { AgentError } from '../lib/errors.ts';

/**
 * Whether an order that fails with this can never succeed. What Waldur refuses is between Waldur and the operator and ends no
 * order; what was ordered, or the backend, can.
 */
export function endsOrder(error: AgentError): boolean {
  return error.disposition === 'terminal' && !error.code.startsWith('WALDUR_');
}
