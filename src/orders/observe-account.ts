import { AgentError } from '../lib/errors.ts';
import type { Backend, Observed } from '../plugin/contract.ts';

/** @throws AgentError transient `ACCOUNT_UNREADABLE` when the backend left the account out: that proves nothing. */
export async function observeAccount(backend: Backend, account: string, signal: AbortSignal): Promise<Observed> {
  for await (const observed of backend.observe([account], signal)) {
    if (observed.account === account) return observed;
  }
  throw new AgentError(`the storage could not say what is in account ${account}`, {
    code: 'ACCOUNT_UNREADABLE',
    disposition: 'transient',
  });
}
