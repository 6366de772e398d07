import type { OfferingConfig } from '../config/types.ts';
import type { Message } from '../events/decode.ts';
import type { LogLevel } from '../lib/log.ts';
import { createReleasers } from '../lib/releasers.ts';
import type { Activity } from '../monitor/activity.ts';
import type { HealthSnapshot } from '../monitor/health.ts';
import type { OrderQueue } from '../orders/queue.ts';
import type { SeenResources } from '../upkeep/seen-resources.ts';
import type { BackendSide } from './backend-side.ts';
import { closeMonths } from './close-months.ts';
import { createContext, type OfferingContext } from './context.ts';
import { createEventLink } from './event-link.ts';
import { createIdentity } from './identity.ts';
import { createIntakePart } from './intake.ts';
import { listen } from './listening.ts';
import { createOfferingCheck } from './offering-check.ts';
import { meterQueue } from './queue-meter.ts';
import type { Reconcile } from './reconcile.ts';
import { type Reporting, startReporting } from './reporting.ts';
import { routeEvent } from './route-event.ts';
import { runAll } from './run-all.ts';
import { createSampling } from './sampling.ts';
import type { Shared } from './shared.ts';
import { createShipping } from './shipping.ts';
import type { Standing } from './standing.ts';
import { createUpkeepPart } from './upkeep.ts';

/** Everything an offering does for its Waldur: orders, events, upkeep, reports. */
export interface WaldurSide {
  connected(): boolean;
  lastReconcileMs(): number | undefined;
  supervisors(): HealthSnapshot['supervisors'];
  orders(): HealthSnapshot['orders'];
  reportNow(): void;
  /** Lists the open orders as soon as may be. */
  reconcileNow(): void;
  /** Compares all resources with their accounts as soon as may be. */
  upkeepNow(): void;
  /** What it does and did; nothing is asked for it. */
  activity(): Activity;
  readonly resources: SeenResources;
  collect(line: string, level: LogLevel): void;
  /** Takes nothing new; resolves when what runs is over. */
  drain(): Promise<void>;
  /** Aborts what still runs; the backend stays as it is. */
  close(): Promise<void>;
}

/** Starts the Waldur side of an offering. Read top to bottom: this is the pipe. */
export function startWaldurSide(
  offering: OfferingConfig,
  shared: Shared,
  { backend, circuit }: Pick<BackendSide, 'backend' | 'circuit'>,
  standing: Standing,
): WaldurSide {
  const releasers = createReleasers();
  const stop = new AbortController();
  const { signal } = stop;
  const context = createContext(offering, shared, backend, standing);

  const link = createEventLink(context);
  const { queue, intake, pending, reconcile } = createIntakePart(context, { ...shared, circuit, link }, signal);
  const upkeep = createUpkeepPart(context, queue, signal);
  const identity = createIdentity(context, {
    ...shared,
    statistics: () => ({ queued: queue.waiting(), in_progress: queue.running(), connected: link.connected() }),
  });
  const targets = { offering, metrics: context.metrics, intake, upkeep, reconcile: reconcile.loop.wake };
  const session = {
    onMessage: (message: Message, ack: () => void) => routeEvent(targets, message, ack),
    ...onSession(queue, reconcile),
  };
  const listening = listen(context, { link, identity, env: shared.env, ...session }, signal);
  const reporting = startReporting(context, signal);
  releasers.add(reporting.stop);
  const shipping = createShipping(context, identity);
  releasers.add(circuit.onResume(reconcile.loop.wake));

  const loops = [
    reconcile.loop,
    pending,
    upkeep,
    createOfferingCheck(context),
    identity.loop,
    meterQueue(context, queue),
    ...createSampling(context),
  ];
  const turning = [...loops.map((loop) => loop.run(signal)), closeMonths(context, reporting.last, signal)];
  const ended = runAll([listening, shipping.run(signal), ...turning], context, signal);
  releasers.add(async () => {
    stop.abort(new Error(`offering ${offering.name} is stopped`));
    await ended;
  });

  return {
    connected: link.connected,
    lastReconcileMs: reconcile.lastSuccessMs,
    supervisors: () => [reconcile.supervisor()],
    orders: () => oldestOrder(offering.name, queue, shared.config.orderDeadlineMs),
    reportNow: () => void reporting.now(),
    reconcileNow: reconcile.loop.wake,
    upkeepNow: upkeep.wake,
    activity: () => activityOf(context, queue, reporting),
    resources: context.resources,
    collect: shipping.collect,
    drain: () => queue.drain(),
    close: releasers.release,
  };
}

function activityOf({ rates }: OfferingContext, queue: OrderQueue, reporting: Reporting): Activity {
  const busy = { queued: queue.waiting(), running: queue.running() };
  return { ...busy, rate: rates.read(), lastReport: reporting.ended() };
}

/** What follows when a session with the event bus begins and ends. */
function onSession(queue: OrderQueue, { loop }: Reconcile): { began(): void; ended(): void } {
  return {
    // A frame that was lost while there was no session is found here.
    began: loop.wake,
    ended: () => {
      queue.forgetOffers();
      // From now on orders are asked for more often; the loop would learn that only after its long pause.
      loop.wake();
    },
  };
}

function oldestOrder(offering: string, queue: OrderQueue, deadlineMs: number): HealthSnapshot['orders'] {
  const startedMs = queue.oldestStart();
  return startedMs === undefined ? [] : [{ order: offering, startedMs, deadlineMs }];
}
