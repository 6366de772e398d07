import type { OfferingConfig } from '../config/types.ts';
import { sameJson } from '../lib/json.ts';
import type { LogLevel } from '../lib/log.ts';
import type { Activity } from '../monitor/activity.ts';
import type { HealthSnapshot, OfferingHealth } from '../monitor/health.ts';
import type { Backend, Route } from '../plugin/contract.ts';
import type { SeenResources } from '../upkeep/seen-resources.ts';
import type { Waldur } from '../waldur/client.ts';
import { type BackendSide, startBackendSide } from './backend-side.ts';
import type { Shared } from './shared.ts';
import { createStanding, type Standing } from './standing.ts';
import { startWaldurSide } from './waldur-side.ts';

/**
 * One running offering. It has two sides: the backend side (the backend, its checks, its serving part, its jobs) and the Waldur
 * side (orders, events, upkeep, reports). Its standing says what it can and cannot do.
 */
export interface RunningOffering {
  readonly config: OfferingConfig;
  /** What the backend serves on the agent's own port. */
  readonly routes: readonly Route[];
  health(): OfferingHealth;
  supervisors(): HealthSnapshot['supervisors'];
  orders(): HealthSnapshot['orders'];
  reportNow(): void;
  reconcileNow(): void;
  /** Checks the backend, and compares all resources with their accounts. */
  checkNow(): void;
  activity(): Activity;
  readonly resources: SeenResources;
  /** For looking at it from outside; what is opened here stays open when it is closed. */
  readonly peers: Pick<Shared, 'clock' | 'random' | 'store' | 'log'> & { waldur(): Waldur; backend(): Backend };
  /** Takes a line of the agent's log, for shipping to this offering's Waldur. */
  collect(line: string, level: LogLevel): void;
  /** Takes nothing new; resolves when what runs is over. */
  drain(): Promise<void>;
  /**
   * Aborts what still runs and releases everything, last in, first out. When `next` wants the same backend side, that
   * goes on and is returned, to be handed to `startOffering`.
   */
  stop(next?: OfferingConfig): Promise<Kept | undefined>;
}

/** What goes on while an offering is restarted for Waldur's sake. */
export interface Kept {
  readonly standing: Standing;
  readonly backendSide: BackendSide;
}

export function startOffering(offering: OfferingConfig, shared: Shared, kept?: Kept): RunningOffering {
  const { name } = offering;
  const { clock, metrics } = shared;
  const { id, gauges } = offering.plugin;
  metrics.addOffering({ name, plugin: id, stomp: offering.stomp.enabled, gauges });
  const log = shared.log.child({ offering: name });
  const standing = kept?.standing ?? createStanding({ offering: name, clock, log, metrics });
  const backendSide = kept?.backendSide ?? startBackendSide(offering, shared, standing);
  const waldurSide = startWaldurSide(offering, shared, backendSide, standing);

  return {
    config: offering,
    routes: backendSide.backend.routes ?? [],
    health: () => ({
      name,
      connected: waldurSide.connected(),
      lastReconcileMs: waldurSide.lastReconcileMs(),
      hindrances: standing.hindrances(),
    }),
    supervisors: waldurSide.supervisors,
    orders: waldurSide.orders,
    reportNow: waldurSide.reportNow,
    reconcileNow: waldurSide.reconcileNow,
    checkNow: () => {
      backendSide.checkNow();
      waldurSide.upkeepNow();
    },
    activity: waldurSide.activity,
    resources: waldurSide.resources,
    peers: borrowed(offering, shared, backendSide.backend),
    collect: waldurSide.collect,
    drain: waldurSide.drain,
    stop: async (next) => {
      await waldurSide.close();
      if (next !== undefined && hasSameBackendSide(offering, next)) return { standing, backendSide };
      try {
        await backendSide.close();
      } finally {
        await metrics.forgetOffering(name);
      }
      return undefined;
    },
  };
}

function borrowed(offering: OfferingConfig, shared: Shared, backend: Backend): RunningOffering['peers'] {
  const { clock, random, store, log } = shared;
  return {
    clock,
    random,
    store,
    log,
    waldur: () => ({ ...shared.waldur(offering.waldur), close: () => undefined }),
    backend: () => ({ ...backend, close: async () => undefined }),
  };
}

/** Whether everything the backend was made with is the same. */
function hasSameBackendSide(from: OfferingConfig, to: OfferingConfig): boolean {
  const partsOf = ({ name, uuid, settings, backendLimits }: OfferingConfig) => ({
    name,
    uuid,
    settings,
    backendLimits,
  });
  return from.plugin === to.plugin && sameJson(partsOf(from), partsOf(to));
}
