import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Usage } from '../plugin/contract.ts';

/** What was said about each account, and the failure that cut it short, if one did. Missing accounts are unreadable. */
export interface Collected {
  readonly usages: ReadonlyMap<string, Usage>;
  readonly failure: AgentError | undefined;
}

/** @throws only the reason of `signal` */
export async function collectUsage(stream: AsyncIterable<Usage>, signal: AbortSignal): Promise<Collected> {
  const usages = new Map<string, Usage>();
  try {
    for await (const usage of stream) usages.set(usage.account, usage);
    return { usages, failure: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { usages, failure: toAgentError(error) };
  }
}
