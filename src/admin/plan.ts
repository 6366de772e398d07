import type { OfferingConfig } from '../config/types.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import { createKeyStore } from '../orders/key-store.ts';
import { createPlanQuotas } from '../orders/plan-quotas.ts';
import { type Preview, previewOrders } from '../orders/preview.ts';
import { type Finding, findDrift } from '../upkeep/find-drift.ts';
import { type Peers, withPeers } from './peers.ts';

/** What the agent would do for one offering. */
export interface OfferingPlan {
  readonly name: string;
  readonly previews: readonly Preview[];
  /** Resources out of step. */
  readonly findings: readonly Finding[];
  /** What kept the rest of the offering from being looked at. */
  readonly error: AgentError | undefined;
}

/** The open orders of an offering, and with `upkeep` its drifted resources, with the actions they would cause. Applies nothing. */
export async function planOffering(
  offering: OfferingConfig,
  peers: Peers,
  options: { readonly upkeep: boolean },
  signal: AbortSignal,
): Promise<OfferingPlan> {
  const previews: Preview[] = [];
  const findings: Finding[] = [];
  const plan = { name: offering.name, previews, findings };
  try {
    await withPeers(peers, offering, async ({ waldur, backend }) => {
      const { log, clock, random } = peers;
      const planQuotas = createPlanQuotas(waldur, clock);
      const keys = createKeyStore({ offering, waldur, clock, random });
      const deps = { offering, waldur, backend, keys, log, clock, planQuotas };
      for await (const preview of previewOrders(deps, signal)) previews.push(preview);
      if (!options.upkeep) return;
      for await (const finding of findDrift(deps, signal)) if (finding.kind !== 'in-step') findings.push(finding);
    });
    return { ...plan, error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { ...plan, error: toAgentError(error) };
  }
}
