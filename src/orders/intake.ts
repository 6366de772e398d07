import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { OrderState } from '../waldur/types.ts';
import { createFinishedOrders } from './finished-orders.ts';
import type { Outcome } from './handle.ts';
import type { Again, Job } from './job.ts';
import type { PendingWatch } from './pending-watch.ts';
import type { OrderQueue } from './queue.ts';
import { retryDelay } from './retry-delay.ts';

/** What is known of an order before it is read: a hint, from an event or a list. */
export interface OrderHint {
  readonly order: Uuid;
  /** Missing on servers whose events name only the order. */
  readonly resource: Uuid | undefined;
  readonly state: OrderState | undefined;
}

export interface Intake {
  /** Takes a hint from the event bus. `ack` runs when the order was looked after, or needs no looking after. */
  hear(hint: OrderHint, ack: () => void): void;
  /**
   * Takes an order that a list says is open; waits for room, and calls `alive` as long as there may be some. Skips what
   * is queued or running already.
   */
  reconcile(hint: OrderHint & { readonly resource: Uuid }, alive: () => void): Promise<void>;
}

export interface IntakeDeps {
  readonly queue: OrderQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly deadlineMs: number;
  handle(order: Uuid, signal: AbortSignal): Promise<Outcome>;
  /** The resource of an order, for servers whose events do not say it. */
  locate(order: Uuid, signal: AbortSignal): Promise<Uuid>;
  finished(outcome: Outcome, seconds: number): void;
  failed(error: AgentError): void;
  /** The backend is not called; when it is again, all open orders are reconciled. */
  isHeldBack(): boolean;
  /** Orders whose accounts are being made wait here, and come back by themselves. */
  readonly pending: Pick<PendingWatch, 'add' | 'has'>;
}

const REMEMBERED = 10_000;

/** Turns hints into jobs. Runs until `signal` fires; the queue is drained by whoever owns it. */
export function createIntake(deps: IntakeDeps, signal: AbortSignal): Intake {
  const finished = createFinishedOrders(REMEMBERED);

  function job(hint: OrderHint & { readonly resource: Uuid }, settled: () => void): Job {
    return {
      lane: hint.resource,
      id: hint.order,
      settled,
      // It may have been finished by the job before it in the lane.
      run: async (attempt) => (finished.isStale(hint) ? undefined : work(hint.order, attempt)),
    };
  }

  /** Without its resource an order has no lane yet: the job finds it out and hands on the completed hint. */
  function locator(hint: OrderHint, ack: () => void): Job {
    const run = async (attempt: number): Promise<Again | undefined> => {
      try {
        hear({ ...hint, resource: await deps.locate(hint.order, signal) }, ack);
        return undefined;
      } catch (failure) {
        if (signal.aborted) return undefined;
        const later = judge(deps, hint.order, toAgentError(failure), attempt);
        if (later === undefined) ack();
        return later;
      }
    };
    return { lane: hint.order, id: hint.order, run, settled: () => undefined };
  }

  function hear(hint: OrderHint, ack: () => void): void {
    // Over, but a person may retry it.
    if (hint.state === 'erred') finished.forget(hint.order);
    const { resource, state } = hint;
    if (state === 'erred' || finished.isStale(hint)) ack();
    // Not acknowledging is the back-pressure: the broker stops at its prefetch count.
    else deps.queue.offer(resource === undefined ? locator(hint, ack) : job({ ...hint, resource }, ack));
  }

  async function work(order: Uuid, attempt: number): Promise<Again | undefined> {
    try {
      const { ending } = await handleInTime(deps, order, signal);
      if (ending === 'done') finished.add(order);
      return undefined;
    } catch (failure) {
      return signal.aborted ? undefined : judge(deps, order, toAgentError(failure), attempt);
    }
  }

  return {
    hear,
    reconcile: async (hint, alive) => {
      if (deps.queue.has(hint.resource, hint.order) || deps.pending.has(hint.order)) return;
      await pushWhenRoom(
        deps.queue,
        job({ ...hint, state: undefined }, () => undefined),
        alive,
      );
    },
  };
}

/** Gives up when there will never be room. */
async function pushWhenRoom(queue: OrderQueue, job: Job, alive: () => void): Promise<void> {
  while (!queue.push(job)) {
    if (!(await queue.room())) return;
    alive();
  }
}

async function handleInTime(deps: IntakeDeps, order: Uuid, signal: AbortSignal): Promise<Outcome> {
  const { clock, deadlineMs, pending } = deps;
  const start = clock.monotonicMs();
  const outcome = await withDeadline(clock, signal, deadlineMs, `order ${order}`, (limit) => deps.handle(order, limit));
  if (outcome.pending !== undefined) pending.add({ order, resource: outcome.order.resource }, outcome.pending);
  deps.finished(outcome, (clock.monotonicMs() - start) / 1000);
  return outcome;
}

/** Whether an order that failed is tried again, and when. */
function judge(deps: IntakeDeps, order: Uuid, error: AgentError, attempt: number): Again | undefined {
  deps.failed(error);
  const later = deps.isHeldBack() ? undefined : retryDelay(error, attempt, deps.random);
  if (later !== undefined) {
    deps.log.debug({ err: error, order, attempt }, 'order is tried again');
    return later;
  }
  const level = error.disposition === 'transient' ? 'warn' : 'error';
  deps.log[level]({ err: error, order }, 'order is left as it is until the next reconciliation');
  return undefined;
}
