import { AgentError } from '../lib/errors.ts';

/** A command line that parses and still makes no sense: exit code 64. */
export function usageError(message: string, hint?: string): AgentError {
  return new AgentError(message, { code: 'USAGE', disposition: 'terminal', hint });
}
