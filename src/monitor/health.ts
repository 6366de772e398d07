import type { Hindrance } from './hindrance.ts';

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
  /** When all open orders were last read; undefined before the first time. */
  readonly lastReconcileMs: number | undefined;
  /** What it cannot do, from its standing. */
  readonly hindrances: readonly Hindrance[];
}

export interface Health {
  readonly ok: boolean;
  readonly probes: readonly Probe[];
}

export interface Probe {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Of an offering: what it cannot do. */
  readonly hindrances?: readonly Hindrance[];
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

/** Can every offering fulfil orders? A broker outage alone does not count: orders are polled meanwhile. */
export function readiness(snapshot: HealthSnapshot): Health {
  const process = { name: 'process', ok: snapshot.state === 'running', detail: snapshot.state };
  return summarise([process, ...snapshot.offerings.map((offering) => probeOffering(offering, snapshot.nowMs))]);
}

function probeOffering(offering: OfferingHealth, nowMs: number): Probe {
  const { name, connected, lastReconcileMs, hindrances } = offering;
  const essential = hindrances.filter((hindrance) => hindrance.essential);
  const polled =
    lastReconcileMs === undefined ? 'never reconciled' : `reconciled ${seconds(nowMs - lastReconcileMs)} ago`;
  const detail = [
    connected ? 'connected' : `not connected, ${polled}`,
    ...essential.map(({ ability, code }) => `${ability}: ${code}`),
  ].join('; ');
  const ok = lastReconcileMs !== undefined && essential.length === 0;
  return { name: `offering ${name}`, ok, detail, ...(hindrances.length > 0 && { hindrances }) };
}

function summarise(probes: readonly Probe[]): Health {
  return { ok: probes.every(({ ok }) => ok), probes };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
