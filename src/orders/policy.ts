import type { OfferingConfig } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { Action } from '../plugin/contract.ts';

/**
 * Lets `actions` pass, or refuses all of them: half a plan would leave an account half made.
 *
 * @throws AgentError operator `POLICY` naming the first action the offering's policy forbids.
 */
export function allow(policy: OfferingConfig['policy'], actions: readonly Action[]): readonly Action[] {
  const forbidden = actions.find((action) => !isPermitted(policy, action));
  if (forbidden === undefined) return actions;
  throw new AgentError(`the policy "${policy}" of this offering forbids ${forbidden.kind} of ${forbidden.account}`, {
    code: 'POLICY',
    disposition: 'operator',
    hint: 'Set `policy: full` on the offering, or finish the order by hand.',
  });
}

/** Those of `actions` that the policy lets pass, for work that may be done in part. */
export function permitted(policy: OfferingConfig['policy'], actions: readonly Action[]): readonly Action[] {
  return actions.filter((action) => isPermitted(policy, action));
}

function isPermitted(policy: OfferingConfig['policy'], action: Action): boolean {
  return policy === 'full' || (policy === 'no-delete' && !destroys(action));
}

function destroys(action: Action): boolean {
  return action.kind === 'delete-account' || action.kind === 'revoke-key';
}
