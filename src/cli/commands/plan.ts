import { type OfferingPlan, planOffering } from '../../admin/plan.ts';
import { planJson } from '../../admin/plan-json.ts';
import { openExistingStore } from '../../store/open-store.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { renderPlan } from '../render-plan.ts';
import { selectOfferings } from '../select-offerings.ts';

/** Open orders, and with `--upkeep` drifted resources, and the actions they would cause. Applies nothing. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const config = await loadConfiguration(invocation, io);
  const offerings = selectOfferings(config.offerings, invocation.values.get('offering'));
  const peers = connect(invocation, io, await openExistingStore(config.state, io.clock));
  const upkeep = invocation.flags.has('upkeep');
  const plans: OfferingPlan[] = [];
  for (const offering of offerings) plans.push(await planOffering(offering, peers, { upkeep }, io.signal));
  if (invocation.flags.has('json')) writeJson(io.stdout, planJson(plans));
  else io.stdout.write(renderPlan(plans, io.stdout.style));
  const failed = plans.find(({ error }) => error !== undefined);
  if (failed !== undefined) return exitCodeOf(failed.error);
  const differs = plans.some(({ previews, findings }) => previews.length + findings.length > 0);
  return differs && invocation.flags.has('exit-code') ? EXIT.differences : EXIT.ok;
}
