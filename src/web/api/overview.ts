import type { EndedReport } from '../../monitor/activity.ts';
import type { OfferingHealth } from '../../monitor/health.ts';
import { readiness } from '../../monitor/health.ts';
import { ABILITIES, type Hindrance } from '../../monitor/hindrance.ts';
import type { OrderRate } from '../../monitor/order-rates.ts';
import type { HindranceShape, OfferingShape, OrderRateShape, OverviewShape, UpkeepShape } from './shapes.ts';
import type { AgentSource, OfferingSource } from './source.ts';

/** How the agent and every offering stand. Asks no peer. */
export function overviewOf(agent: AgentSource): OverviewShape {
  const snapshot = agent.snapshot();
  const running = agent.offerings();
  const agoMs = (ms: number): Date => new Date(agent.clock.now().getTime() - (snapshot.nowMs - ms));
  return {
    at: agent.clock.now().toISOString(),
    version: agent.version,
    startedAt: agent.startedAt.toISOString(),
    state: snapshot.state,
    ready: readiness(snapshot).ok,
    isDurable: agent.config().state !== undefined,
    offerings: snapshot.offerings.map((health) =>
      offeringOf(
        health,
        running.find(({ config }) => config.name === health.name),
        agoMs,
      ),
    ),
  };
}

const NO_RATE: OrderRate = { hours: [], medianMs: undefined, p95Ms: undefined };

/** One that could not be started has its health alone. */
function offeringOf(
  { name, connected, lastReconcileMs, hindrances }: OfferingHealth,
  source: OfferingSource | undefined,
  agoMs: (ms: number) => Date,
): OfferingShape {
  const activity = source?.activity();
  return {
    uuid: source?.config.uuid ?? '',
    name,
    backend: source?.config.plugin.id ?? '',
    metering: source?.config.metering ?? '',
    connected,
    usesEvents: source?.config.stomp.enabled ?? false,
    lastReconcileAt: lastReconcileMs === undefined ? null : agoMs(lastReconcileMs).toISOString(),
    lastReport: reportOf(activity?.lastReport),
    lastUpkeep: upkeepOf(source),
    hindrances: hindrances.map(hindranceOf),
    queued: activity?.queued ?? 0,
    running: activity?.running ?? 0,
    resources: source?.resources.size() ?? 0,
    orders: rateOf(activity?.rate ?? NO_RATE),
  };
}

function hindranceOf({ ability, essential, code, message, hint, since }: Hindrance): HindranceShape {
  const { what } = ABILITIES[ability];
  return { ability, what, essential, code, message, hint: hint ?? null, since: since.toISOString() };
}

function reportOf(report: EndedReport | undefined): OfferingShape['lastReport'] {
  if (report === undefined) return null;
  const { submitted, unchanged, missing, failed } = report.resources;
  return { at: report.at.toISOString(), ok: report.ok, submitted, unchanged, missing, failed };
}

function upkeepOf(source: OfferingSource | undefined): UpkeepShape | null {
  const pass = source?.resources.lastPass();
  if (pass === undefined) return null;
  const { 'in-step': inStep, ...others } = pass.tally;
  return { at: pass.at.toISOString(), inStep, ...others };
}

function rateOf({ hours, medianMs, p95Ms }: OrderRate): OrderRateShape {
  return {
    hours: hours.map(({ from, done, failed }) => ({ from: from.toISOString(), done, failed })),
    medianMs: medianMs ?? null,
    p95Ms: p95Ms ?? null,
  };
}
