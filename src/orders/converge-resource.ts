import type { Resource } from '../waldur/types.ts';
import { comparePresence, establish, isReported, type Presence, pruning } from './converge.ts';
import type { OrderDeps } from './deps.ts';
import { decidingPlan, desired } from './desired.ts';
import { allow } from './policy.ts';

/** A resource compared with its account, without an order. */
export interface Inspection extends Presence {
  /** Neither the backend nor Waldur has anything to be changed. */
  readonly isInStep: boolean;
}

/**
 * Reads what is there, and writes nothing.
 *
 * @throws AgentError as an order would.
 */
export async function inspectResource(deps: OrderDeps, resource: Resource, signal: AbortSignal): Promise<Inspection> {
  const plan = decidingPlan(deps.offering, resource, undefined);
  const quotas = plan === undefined ? {} : await deps.planQuotas(plan, signal);
  const presence = await comparePresence(deps, resource, desired(deps.offering, resource, undefined, quotas), signal);
  const { actions, keys, observed } = presence;
  const isInStep =
    actions.length === 0 &&
    observed.state === 'found' &&
    pruning(deps.offering, resource, keys, observed, false).length === 0 &&
    isReported(resource, keys, observed);
  return { ...presence, isInStep };
}

/**
 * Makes the backend and Waldur's metadata follow. The state of the resource in Waldur is not touched.
 *
 * @throws AgentError also when all but a flag could be brought in step.
 */
export async function bringInStep(deps: OrderDeps, inspection: Inspection, signal: AbortSignal): Promise<void> {
  allow(deps.offering.policy, inspection.actions);
  const refused = await establish(deps, inspection, { isNew: false }, signal);
  if (refused !== undefined) throw refused;
}

/** The same in one, but for an account that is missing: upkeep makes it again when its absence was proved twice. */
export async function convergeResource(deps: OrderDeps, resource: Resource, signal: AbortSignal): Promise<void> {
  const inspection = await inspectResource(deps, resource, signal);
  if (inspection.observed.state === 'found') await bringInStep(deps, inspection, signal);
}
