import type { AgentError } from '../lib/errors.ts';

/**
 * Something about a resource that cannot be meant. It errs its own aspect only: the others are carried out all the same,
 * unless the order is about this one.
 */
export interface Problem {
  readonly aspect: 'limits' | 'attributes';
  /** The component type, option or attribute that says it. */
  readonly key: string;
  /** Terminal, with a text for the consumer. */
  readonly error: AgentError;
}
