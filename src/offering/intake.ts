import { toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { handleOrder, type Outcome } from '../orders/handle.ts';
import { createIntake, type Intake } from '../orders/intake.ts';
import { createPendingWatch, type PendingOrder } from '../orders/pending-watch.ts';
import { createQueue, type OrderQueue } from '../orders/queue.ts';
import type { Slots } from '../orders/slots.ts';
import type { CircuitWatch } from './circuit-watch.ts';
import type { OfferingContext } from './context.ts';
import type { EventLink } from './event-link.ts';
import { createHeldOrders } from './held-orders.ts';
import type { Loop } from './loop.ts';
import { createReconcile, type Reconcile } from './reconcile.ts';

export interface IntakePart {
  /** Work on accounts, serial per resource. */
  readonly queue: OrderQueue;
  /** Takes hints of events. */
  readonly intake: Intake;
  /** Looks after accounts that take long to become ready. */
  readonly pending: Pick<Loop, 'run'>;
  /** Reads all open orders. */
  readonly reconcile: Reconcile;
}

const QUEUE_LIMIT = 1000;

/** Orders: hints from events and from reconciliation, one queue, one pipe. */
export function createIntakePart(
  context: OfferingContext,
  shared: { readonly slots: Slots; readonly circuit: CircuitWatch; readonly link: EventLink },
  signal: AbortSignal,
): IntakePart {
  const { clock, random, log, metrics, config, waldur, journal } = context;
  const offering = context.offering.uuid;
  const queue = createQueue({ clock, slots: shared.slots, limit: QUEUE_LIMIT });
  const held = createHeldOrders(context.standing);

  async function handle(order: Uuid, limit: AbortSignal): Promise<Outcome> {
    try {
      const outcome = await journal.follow(order, signal, () => handleOrder(context, order, limit));
      held.passed(order);
      return outcome;
    } catch (error) {
      if (!signal.aborted) held.failed(order, toAgentError(error));
      throw error;
    }
  }

  const pending = createPendingWatch({
    backend: context.backend,
    clock,
    log,
    pendingMs: context.offering.plugin.pendingMs ?? 0,
  });
  const intake = createIntake(
    {
      queue,
      pending,
      clock,
      random,
      log,
      deadlineMs: config.orderDeadlineMs,
      handle,
      locate: async (order, limit) => (await waldur.orders.get(order, offering, limit)).resource,
      finished: (outcome, seconds) => recordOutcome(context, outcome, seconds),
      failed: (error) => metrics.error(error),
      isHeldBack: () => !shared.circuit.isClosed(),
    },
    signal,
  );
  const done = (open: number): void => {
    if (open === 0) held.none();
  };
  const resume = (order: PendingOrder): void => void intake.reconcile({ ...order, state: undefined }, () => undefined);
  return {
    queue,
    intake,
    pending: { run: (until) => pending.run(resume, until) },
    reconcile: createReconcile(context, { intake, link: shared.link, done }, signal),
  };
}

/** One line and one count per order. */
function recordOutcome(context: OfferingContext, { order, ending }: Outcome, seconds: number): void {
  const { log, metrics, offering, rates, resources } = context;
  const outcome = ending === 'rejected' ? 'erred' : ending;
  metrics.orderFinished({ offering: offering.name, type: order.type, outcome, seconds });
  if (ending === 'skipped') return;
  const ms = Math.round(seconds * 1000);
  if (outcome === 'done' || outcome === 'erred') rates.note(outcome === 'done', ms);
  if (order.type === 'Terminate' && ending === 'done') resources.forget(order.resource);
  log.info({ order: order.uuid, resource: order.resource, type: order.type, outcome: ending, ms }, 'order handled');
}
