import { AgentError } from '../lib/errors.ts';
import type { AccountRef, Backend, Observed } from '../plugin/contract.ts';

/**
 * One account, by its name or by the stamp of its resource: a backend that gives the ids itself may know it under another
 * name than the one it was asked for.
 *
 * @throws AgentError transient `ACCOUNT_UNREADABLE` when the backend left the account out: that proves nothing.
 */
export async function observeAccount(
  backend: Pick<Backend, 'observe'>,
  sought: AccountRef,
  signal: AbortSignal,
): Promise<Observed> {
  for await (const observed of backend.observe([sought], signal)) {
    const isStamped = observed.state !== 'absent' && observed.resource === sought.resource;
    if (observed.account === sought.account || isStamped) return observed;
  }
  throw new AgentError(`the storage could not say what is in account ${sought.account}`, {
    code: 'ACCOUNT_UNREADABLE',
    disposition: 'transient',
  });
}
