import type { Config, OfferingConfig, WaldurConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log, LogLevel } from '../lib/log.ts';
import { createReleasers } from '../lib/releasers.ts';
import type { Random } from '../lib/retry.ts';
import type { HealthSnapshot, OfferingHealth } from '../monitor/health.ts';
import { createLogShipper } from '../monitor/log-shipping.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { handleOrder } from '../orders/handle.ts';
import { createIntake } from '../orders/intake.ts';
import { createKeyStore } from '../orders/key-store.ts';
import { createPendingWatch } from '../orders/pending-watch.ts';
import { createPlanQuotas } from '../orders/plan-quotas.ts';
import { createQueue } from '../orders/queue.ts';
import type { Slots } from '../orders/slots.ts';
import type { CircuitState } from '../plugin/circuit.ts';
import type { Backend } from '../plugin/contract.ts';
import { createReporter } from '../usage/report.ts';
import type { Waldur } from '../waldur/client.ts';
import { createBackendCheck } from './backend-check.ts';
import { createCircuitWatch } from './circuit-watch.ts';
import { createPresence } from './identity.ts';
import { createListening } from './listening.ts';
import { createPulse } from './loop.ts';
import { createMaintenance } from './maintenance.ts';
import { createReconciling } from './reconcile.ts';
import { startReporting } from './reporting.ts';
import { createHearing } from './route-event.ts';
import { keepServing } from './serving.ts';

/** What all offerings of the process have in common. */
export interface Shared {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Orders that may run at once, over all offerings. */
  readonly slots: Slots;
  readonly version: string;
  readonly startedAt: Date;
  /** For the proxy variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Clients are shared between offerings of one server and credential. */
  waldur(config: WaldurConfig): Waldur;
  backend(offering: OfferingConfig, onCircuit: (state: CircuitState) => void): Backend;
}

export interface RunningOffering {
  readonly config: OfferingConfig;
  health(): OfferingHealth;
  supervisors(): HealthSnapshot['supervisors'];
  orders(): HealthSnapshot['orders'];
  reportNow(): void;
  /** Takes a line of the agent's log, for shipping to this offering's Waldur. */
  collect(line: string, level: LogLevel): void;
  /** Takes nothing new; resolves when what runs is over. */
  drain(): Promise<void>;
  /** Aborts what still runs and releases everything, last in, first out. */
  close(): Promise<void>;
}

const QUEUE_LIMIT = 1000;
/** The portal calls an agent idle after ten minutes. */
const PRESENCE_INTERVAL_MS = 240_000;
const SHIP_INTERVAL_MS = 30_000;
const SHIP_CAPACITY = 1000;

/** One offering of the configuration, from its events to its usage reports. Read top to bottom: this is the pipe. */
export function startOffering(offering: OfferingConfig, shared: Shared): RunningOffering {
  const { config, clock, random, metrics } = shared;
  const { name } = offering;
  const log = shared.log.child({ offering: name });
  const releasers = createReleasers();
  const running = new AbortController();
  const { signal } = running;
  let blockedBy: AgentError | undefined;

  metrics.addOffering({ name, plugin: offering.plugin.id, stomp: offering.stomp.enabled });
  const waldur = shared.waldur(offering.waldur);
  const circuit = createCircuitWatch({
    offering: name,
    clock,
    log,
    metrics,
    probe: () => check.kick(),
    takeUp: () => reconcile.kick(),
  });
  const backend = shared.backend(offering, circuit.onChange);
  releasers.add(() => backend.close());

  function failed(error: AgentError): void {
    metrics.error(error);
    if (error.disposition === 'operator') blockedBy = error;
  }

  // Orders: hints from events and from reconciliation, one queue, one pipe.
  const queue = createQueue({ clock, slots: shared.slots, limit: QUEUE_LIMIT });
  const meterQueue = (): void =>
    metrics.queue({ offering: name, queued: queue.waiting(), inProgress: queue.running() });
  const planQuotas = createPlanQuotas(waldur, clock);
  const keys = createKeyStore({ offering, waldur, clock, random });
  const orders = { offering, waldur, backend, keys, log, clock, planQuotas };
  const pending = createPendingWatch({
    backend,
    clock,
    log,
    pendingMs: offering.plugin.pendingMs ?? 0,
    resume: (hint) => void intake.reconcile({ ...hint, state: undefined }, () => undefined),
  });
  const intake = createIntake(
    {
      queue,
      pending,
      clock,
      random,
      log,
      deadlineMs: config.orderDeadlineMs,
      handle: (order, limit) => handleOrder(orders, order, limit),
      locate: async (order, limit) => (await waldur.orders.get(order, offering.uuid, limit)).resource,
      finished: ({ order, ending }, seconds) => {
        const outcome = ending === 'rejected' ? 'erred' : ending;
        metrics.orderFinished({ offering: name, type: order.type, outcome, seconds });
        if (ending === 'done') blockedBy = undefined;
        if (ending === 'skipped') return;
        const ms = Math.round(seconds * 1000);
        log.info(
          { order: order.uuid, resource: order.resource, type: order.type, outcome: ending, ms },
          'order handled',
        );
      },
      failed,
      isHeldBack: () => !circuit.isClosed(),
    },
    signal,
  );

  const reconciling = createReconciling(
    {
      ...orders,
      intake,
      random,
      metrics,
      intervals: config.reconcile,
      connected: () => listening.connected(),
      succeeded: () => {
        if (blockedBy?.code.startsWith('WALDUR_') === true) blockedBy = undefined;
      },
      failed,
    },
    signal,
  );
  const reconcile = reconciling.pulse;

  // Events: one session, whose frames only hint at what to read.
  const presence = createPresence({
    offering,
    waldur,
    clock,
    log,
    version: shared.version,
    startedAt: shared.startedAt,
    statistics: () => ({ queued: queue.waiting(), in_progress: queue.running(), connected: listening.connected() }),
  });

  const maintenance = createMaintenance(
    {
      ...orders,
      queue,
      random,
      metrics,
      intervalMs: config.upkeepIntervalMs,
      deadlineMs: config.orderDeadlineMs,
      failed,
    },
    signal,
  );
  const hear = createHearing({
    offering,
    metrics,
    intake,
    ...maintenance,
    lookAtAll: () => {
      reconcile.kick();
      maintenance.lookAtAll();
    },
  });

  const listening = createListening({
    offering,
    waldur,
    presence,
    prefetch: config.concurrency * 2,
    env: shared.env,
    clock,
    random,
    log,
    metrics,
    hear,
    // A frame that was lost while nobody listened is found here.
    began: () => reconcile.kick(),
    ended: () => {
      queue.forgetOffers();
      // From now on orders are asked for more often; the pulse would learn that only after its long pause.
      reconcile.kick();
    },
  });

  // Usage: a schedule wakes, what is due is computed.
  const { timezone, report } = config;
  const reporter = createReporter({
    offering,
    waldur,
    backend,
    clock,
    log,
    timezone,
    periods: report.periods,
    perUser: report.perUser,
  });
  const reporting = startReporting(
    { offering: name, reporter, expression: report.schedule, clock, random, log, metrics, failed },
    signal,
  );
  releasers.add(() => reporting.stop());

  // Health and presence.
  const check = createBackendCheck({ backend, clock, random }, signal, (up) => {
    metrics.backendUp({ offering: name, up });
    if (up && blockedBy?.code.startsWith('WALDUR_') === false) blockedBy = undefined;
  });
  const announce = createPulse({ intervalMs: () => PRESENCE_INTERVAL_MS, clock, random, beat: presence.announce });

  // Only this offering's lines: another one may belong to somebody else.
  const mark = `"offering":${JSON.stringify(name)}`;
  const shipper = createLogShipper({
    clock,
    intervalMs: SHIP_INTERVAL_MS,
    capacity: SHIP_CAPACITY,
    ship: async (entries, limit) => {
      const identity = await presence.identity(limit);
      return identity !== undefined && waldur.agents.shipLogs(identity, entries, limit);
    },
  });

  const loops = [
    listening.run(signal),
    reconcile.run(signal),
    maintenance.run(signal),
    check.run(signal),
    announce.run(signal),
    createPulse({ intervalMs: () => 5000, clock, random, beat: async () => meterQueue() }).run(signal),
    pending.run(signal),
    keepServing({ backend, clock, random, log, failed }, signal),
    ...(config.shipLogs ? [shipper.run(signal)] : []),
  ];
  const ended = Promise.allSettled(
    loops.map((loop) =>
      loop.catch((error: unknown) => {
        if (signal.aborted) return;
        failed(toAgentError(error));
        log.error({ err: toAgentError(error) }, 'a part of the offering stopped');
      }),
    ),
  );
  releasers.add(async () => {
    running.abort(new Error(`offering ${name} is stopped`));
    await ended;
  });

  return {
    config: offering,
    health: () => ({
      name,
      connected: listening.connected(),
      lastReconcileMs: reconciling.lastSuccessMs(),
      reconcileIntervalMs: reconciling.intervalMs(),
      failing: reconciling.failing(),
      blockedBy: blockedBy?.code,
      backendPause: circuit.detail(),
    }),
    supervisors: () => [
      { name: `${name} reconcile`, lastTickMs: reconcile.lastTurnMs(), intervalMs: config.reconcile.intervalMs },
    ],
    orders: () => {
      const startedMs = queue.oldestStart();
      return startedMs === undefined ? [] : [{ order: name, startedMs, deadlineMs: config.orderDeadlineMs }];
    },
    reportNow: reporting.now,
    collect: (line, level) => {
      if (config.shipLogs && line.includes(mark)) shipper.collect(line, level);
    },
    drain: () => queue.drain(),
    close: async () => {
      await releasers.release();
      await metrics.forgetOffering(name);
    },
  };
}
