import type { JsonObject } from '../lib/json.ts';
import type { Order, Resource } from '../waldur/types.ts';
import { type Comparison, compareAccount, isReported, pruning } from './compare.ts';
import type { OrderDeps } from './deps.ts';
import { decidingPlan, desired } from './desired.ts';
import { establish } from './establish.ts';
import { allow } from './policy.ts';

/** A resource compared with its account, without an order. */
export interface Inspection extends Comparison {
  /** Neither the backend nor Waldur has anything to be changed. */
  readonly isInStep: boolean;
}

/**
 * Reads what is there, and writes nothing.
 *
 * @throws AgentError as an order would, but for what cannot be meant: that is in `desired.problems`.
 */
export async function inspectResource(deps: OrderDeps, resource: Resource, signal: AbortSignal): Promise<Inspection> {
  const wanted = desired(deps.offering, resource, undefined, await planQuotasOf(deps, resource, undefined, signal));
  const comparison = await compareAccount(deps, resource, wanted, signal);
  return { ...comparison, isInStep: isInStep(deps, comparison) };
}

export function isInStep({ offering }: Pick<OrderDeps, 'offering'>, comparison: Comparison): boolean {
  const { actions, keys, observed, resource } = comparison;
  if (observed.state === 'pending') return true;
  return (
    actions.length === 0 &&
    observed.state === 'found' &&
    pruning(offering, resource, keys, observed, false).length === 0 &&
    isReported(resource, keys, observed)
  );
}

/** Quotas of the plan, where the plan is what decides. */
export async function planQuotasOf(
  deps: Pick<OrderDeps, 'offering' | 'planQuotas'>,
  resource: Resource,
  order: Order | undefined,
  signal: AbortSignal,
): Promise<JsonObject> {
  const plan = decidingPlan(deps.offering, resource, order);
  return plan === undefined ? {} : deps.planQuotas(plan, signal);
}

/**
 * Makes the backend and Waldur's metadata follow. The state of the resource in Waldur is not touched.
 *
 * @throws AgentError also when all but a flag, or but what cannot be meant, could be brought in step.
 */
export async function bringInStep(deps: OrderDeps, inspection: Inspection, signal: AbortSignal): Promise<void> {
  allow(deps.offering.policy, inspection.actions);
  const { refused } = await establish(deps, inspection, { isNew: false }, signal);
  const problem = refused ?? inspection.desired.problems[0]?.error;
  if (problem !== undefined) throw problem;
}

/** The same in one, but for an account that is missing: upkeep makes it again when its absence was proved twice. */
export async function convergeResource(deps: OrderDeps, resource: Resource, signal: AbortSignal): Promise<void> {
  const inspection = await inspectResource(deps, resource, signal);
  if (inspection.observed.state === 'found') await bringInStep(deps, inspection, signal);
}
