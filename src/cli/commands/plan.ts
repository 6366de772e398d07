import type { OfferingConfig } from '../../config/types.ts';
import { createPlanQuotas } from '../../daemon/plan-quotas.ts';
import { toAgentError } from '../../lib/errors.ts';
import { createKeyStore } from '../../orders/key-store.ts';
import { type Preview, previewOrders } from '../../orders/preview.ts';
import { type Finding, survey } from '../../upkeep/survey.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { type OfferingPlan, planJson, renderPlan } from '../render-plan.ts';
import { selectOfferings } from '../select-offerings.ts';

/** Open orders, and with `--upkeep` drifted resources, and the actions they would cause. Applies nothing. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const plans: OfferingPlan[] = [];
  for (const offering of offerings) plans.push(await planOne(offering, invocation, io));
  if (invocation.flags.has('json')) writeJson(io.stdout, planJson(plans));
  else io.stdout.write(renderPlan(plans, io.stdout.style));
  const failed = plans.find(({ error }) => error !== undefined);
  if (failed !== undefined) return exitCodeOf(failed.error);
  const differs = plans.some(({ previews, findings }) => previews.length + findings.length > 0);
  return differs && invocation.flags.has('exit-code') ? EXIT.differences : EXIT.ok;
}

async function planOne(offering: OfferingConfig, invocation: Invocation, io: Io): Promise<OfferingPlan> {
  const { log, ...peers } = connect(invocation, io);
  const waldur = peers.waldur(offering.waldur);
  const backend = peers.backend(offering);
  const planQuotas = createPlanQuotas(waldur, io.clock);
  const previews: Preview[] = [];
  const findings: Finding[] = [];
  const plan = { name: offering.name, previews, findings };
  try {
    const { clock, random } = io;
    const keys = createKeyStore({ offering, waldur, clock, random });
    const deps = { offering, waldur, backend, keys, log, clock, planQuotas };
    for await (const preview of previewOrders(deps, io.signal)) previews.push(preview);
    if (!invocation.flags.has('upkeep')) return { ...plan, error: undefined };
    for await (const finding of survey(deps, io.signal)) if (finding.kind !== 'in-step') findings.push(finding);
    return { ...plan, error: undefined };
  } catch (error) {
    io.signal.throwIfAborted();
    return { ...plan, error: toAgentError(error) };
  } finally {
    await backend.close();
    waldur.close();
  }
}
