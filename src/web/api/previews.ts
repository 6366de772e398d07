import { type DoctorDeps, examine } from '../../admin/doctor.ts';
import { planOffering } from '../../admin/plan.ts';
import { planJson } from '../../admin/plan-json.ts';
import { reportOffering } from '../../admin/report.ts';
import { AgentError } from '../../lib/errors.ts';
import type { Json } from '../../lib/json.ts';
import { failureShape } from './failure-shape.ts';
import type { ChecksShape, DryReportShape } from './shapes.ts';
import type { AgentSource, OfferingSource } from './source.ts';

/** What open orders, and resources that differ from their account, would cause. Applies nothing. */
export async function planNow(offerings: readonly OfferingSource[], signal: AbortSignal): Promise<Json> {
  const plans = await Promise.all(
    offerings.map(({ config, peers }) => planOffering(config, peers, { upkeep: true }, signal)),
  );
  return planJson(plans);
}

/** What a report would send. Sends nothing. */
export async function dryReportNow(
  agent: AgentSource,
  offerings: readonly OfferingSource[],
  signal: AbortSignal,
): Promise<DryReportShape> {
  const options = { dryRun: true, period: undefined };
  const reports = await Promise.all(
    offerings.map(({ config, peers }) => reportOffering(config, agent.config(), peers, options, signal)),
  );
  return {
    offerings: reports.map(({ name, lines, summary, error }) => ({
      name,
      error: failureShape(error),
      summary: summary ?? null,
      lines: lines.map(({ unit = null, recorded = null, measured = null, ...line }) => ({
        ...line,
        unit,
        recorded,
        measured,
      })),
    })),
  };
}

/** The checks of `agent doctor`, but that the broker is not logged in to beside the session that the agent has. */
export async function checksNow(
  agent: AgentSource,
  offerings: readonly OfferingSource[],
  signal: AbortSignal,
): Promise<ChecksShape> {
  const checked = await Promise.all(
    offerings.map(async (offering) => {
      const findings: ChecksShape['offerings'][number]['findings'][number][] = [];
      for await (const { name, status, detail, hint } of examine(offering.config, depsOf(offering), signal)) {
        findings.push({ name, status, detail, hint: hint ?? null });
      }
      return { name: offering.config.name, findings };
    }),
  );
  return { at: agent.clock.now().toISOString(), offerings: checked };
}

function depsOf({ peers, health }: OfferingSource): DoctorDeps {
  return {
    clock: peers.clock,
    waldur: ({ waldur }) => peers.waldur(waldur),
    backend: peers.backend,
    tryBroker: async () => {
      const { connected, hindrances } = health();
      if (connected) return;
      const reason = hindrances.find(({ ability }) => ability === 'events');
      throw new AgentError(reason?.message ?? 'there is no session with the broker at the moment', {
        code: reason?.code ?? 'BROKER_CONNECT',
        disposition: 'transient',
        hint: reason?.hint,
      });
    },
  };
}
