/** Where the process is in its life. */
export type LifecycleState = 'starting' | 'running' | 'draining' | 'closing' | 'stopped';

/** What the probes look at. Times are `Clock.monotonicMs` values. */
export interface HealthSnapshot {
  readonly state: LifecycleState;
  readonly nowMs: number;
  /** The loops that must keep turning. */
  readonly supervisors: readonly { readonly name: string; readonly lastTickMs: number; readonly intervalMs: number }[];
  readonly orders: readonly { readonly order: string; readonly startedMs: number; readonly deadlineMs: number }[];
  readonly offerings: readonly OfferingHealth[];
}

export interface OfferingHealth {
  readonly name: string;
  /** Events arrive. */
  readonly connected: boolean;
  /** Undefined before the first good pass. */
  readonly lastReconcileMs: number | undefined;
  readonly reconcileIntervalMs: number;
  /** Code of what the last pass failed with; undefined after a good one. */
  readonly failing: string | undefined;
  /** Code of the operator error that holds the offering back. */
  readonly blockedBy: string | undefined;
  /** Why the backend is not called, and until when; undefined while it is. */
  readonly backendPause: string | undefined;
}

export interface Health {
  readonly ok: boolean;
  readonly probes: readonly Probe[];
}

export interface Probe {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Is the process worth keeping? Only what a restart would repair counts: a loop that stopped turning, an order far
 * beyond its deadline. An outage elsewhere does not.
 */
export function liveness(snapshot: HealthSnapshot): Health {
  const { nowMs } = snapshot;
  const loops = snapshot.supervisors.map(({ name, lastTickMs, intervalMs }) => {
    const age = nowMs - lastTickMs;
    return { name: `loop ${name}`, ok: age <= 3 * intervalMs, detail: `last turn ${seconds(age)} ago` };
  });
  const stuck = snapshot.orders
    .filter(({ startedMs, deadlineMs }) => nowMs - startedMs > 2 * deadlineMs)
    .map(({ order, startedMs }) => ({
      name: `order ${order}`,
      ok: false,
      detail: `running for ${seconds(nowMs - startedMs)}`,
    }));
  return summarise([...loops, ...stuck]);
}

/** Is every offering served? True with events or with recent reconciliation, so a broker outage alone is survivable. */
export function readiness(snapshot: HealthSnapshot): Health {
  const process = { name: 'process', ok: snapshot.state === 'running', detail: snapshot.state };
  return summarise([process, ...snapshot.offerings.map((offering) => probeOffering(offering, snapshot.nowMs))]);
}

/** An outage of the backend is said, but nothing that another instance would do better: orders are taken and kept. */
function probeOffering(offering: OfferingHealth, nowMs: number): Probe {
  const probe = probeWaldur(offering, nowMs);
  return offering.backendPause === undefined
    ? probe
    : { ...probe, detail: `${probe.detail}; ${offering.backendPause}` };
}

function probeWaldur(offering: OfferingHealth, nowMs: number): Probe {
  const name = `offering ${offering.name}`;
  if (offering.blockedBy !== undefined) return { name, ok: false, detail: offering.blockedBy };
  if (offering.connected) return { name, ok: true, detail: 'connected' };
  const why = offering.failing === undefined ? '' : `: ${offering.failing}`;
  if (offering.lastReconcileMs === undefined)
    return { name, ok: false, detail: `not connected, never reconciled${why}` };
  const age = nowMs - offering.lastReconcileMs;
  return {
    name,
    ok: age <= 2 * offering.reconcileIntervalMs,
    detail: `not connected, reconciled ${seconds(age)} ago${why}`,
  };
}

function summarise(probes: readonly Probe[]): Health {
  return { ok: probes.every(({ ok }) => ok), probes };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
