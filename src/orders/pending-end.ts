import type { OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { AgentError } from '../lib/errors.ts';
import type { Observed } from '../plugin/contract.ts';

/**
 * An account is not pending without end.
 *
 * @throws AgentError terminal `ACCOUNT_PENDING_TOO_LONG` when the end that the plugin states has passed.
 */
export function checkPending(
  { clock, offering }: { readonly clock: Pick<Clock, 'now'>; readonly offering: Pick<OfferingConfig, 'plugin'> },
  observed: Observed,
): void {
  if (observed.state !== 'pending') return;
  const { pendingMs = 0 } = offering.plugin;
  if (clock.now().getTime() - observed.since.getTime() < pendingMs) return;
  throw new AgentError(`The storage did not become ready since ${observed.since.toISOString()}.`, {
    code: 'ACCOUNT_PENDING_TOO_LONG',
    disposition: 'terminal',
    hint: `Ask the provider, and order again. What was being waited for: ${observed.text}`,
  });
}
