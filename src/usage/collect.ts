import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Backend, Usage, UsageQuery } from '../plugin/contract.ts';

/** What the backend said about `accounts`, and the failure that cut it short, if one did. Missing accounts are unreadable. */
export async function collectUsage(
  backend: Backend,
  accounts: readonly string[],
  query: UsageQuery,
  signal: AbortSignal,
): Promise<{ readonly usages: ReadonlyMap<string, Usage>; readonly failure: AgentError | undefined }> {
  const usages = new Map<string, Usage>();
  try {
    for await (const usage of backend.usage(accounts, query, signal)) usages.set(usage.account, usage);
    return { usages, failure: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { usages, failure: toAgentError(error) };
  }
}
