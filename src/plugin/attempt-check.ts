import { toAgentError } from '../lib/errors.ts';
import type { Check } from './contract.ts';

/** What a check found, without its name. */
export type Finding = Omit<Check, 'name'>;

/** Runs one check; what it throws becomes a failed check with the hint of the error. @throws the reason of the signal */
export async function attemptCheck(name: string, signal: AbortSignal, look: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toAgentError(error);
    return { name, status: 'failed', detail: message, ...(hint !== undefined && { hint }) };
  }
}
