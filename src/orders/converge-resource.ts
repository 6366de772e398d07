import type { Resource } from '../waldur/types.ts';
import { establish, intendPresence } from './converge.ts';
import type { OrderDeps } from './deps.ts';
import { decidingPlan, desired } from './desired.ts';

/**
 * Makes the backend follow what Waldur says of a resource, without an order. Answers how many actions that took.
 *
 * @throws AgentError as an order would; the resource in Waldur is not touched for it.
 */
export async function convergeResource(deps: OrderDeps, resource: Resource, signal: AbortSignal): Promise<number> {
  const plan = decidingPlan(deps.offering, resource, undefined);
  const quotas = plan === undefined ? {} : await deps.planQuotas(plan, signal);
  const intent = await intendPresence(deps, resource, desired(deps.offering, resource, undefined, quotas), signal);
  await establish(deps, intent, { isNew: false }, signal);
  return intent.actions.length;
}
