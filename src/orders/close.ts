import { type AgentError, isAgentError, toAgentError } from '../lib/errors.ts';
import type { Order } from '../waldur/types.ts';
import { consumerText } from './consumer-text.ts';
import type { OrderDeps } from './deps.ts';

/**
 * `deferred`: another person or system is next; reconciliation looks again. `pending`: the backend is still making the
 * account. `skipped`: there was nothing to do.
 */
export type Ending = 'done' | 'erred' | 'rejected' | 'deferred' | 'pending' | 'skipped';

/** What the order is after our approval; another party may have been faster. */
export async function approve(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Order['state']> {
  try {
    const answer = await deps.waldur.orders.approve(order.uuid, signal);
    if (answer !== 'unknown') return answer;
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  return stateOf(deps, order, signal);
}

/**
 * Marks a fulfilled order done and makes sure: with several executing orders on one resource Waldur answers 200 and does
 * nothing.
 */
export async function complete(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Ending> {
  try {
    await deps.waldur.orders.setDone(order.uuid, signal);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  const state = await stateOf(deps, order, signal);
  if (state === 'done') return 'done';
  deps.log.warn({ state }, 'the order was fulfilled, but Waldur did not close it');
  return 'deferred';
}

const FIRST_POLL_MS = 250;
const POLLS = 8;

/** Waldur completes options orders itself after approval; after half a minute we do it, with the same effect. */
export async function awaitCompletion(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Ending> {
  for (let poll = 0; poll < POLLS; poll++) {
    const state = await stateOf(deps, order, signal);
    if (state !== 'executing') return state === 'done' ? 'done' : 'deferred';
    await deps.clock.sleep(FIRST_POLL_MS * 2 ** Math.min(poll, 5), signal);
  }
  return complete(deps, order, signal);
}

/** Errs an executing order. Read again first: Waldur would take it from any state, even from done. */
export async function fail(deps: OrderDeps, order: Order, error: AgentError, signal: AbortSignal): Promise<Ending> {
  if ((await stateOf(deps, order, signal)) !== 'executing') return 'deferred';
  deps.log.warn({ err: error }, 'the order failed for good');
  await deps.waldur.orders.setErred(order.uuid, consumerText(error, order.uuid.slice(0, 8)), signal);
  return 'erred';
}

/** Rejects a pending order. A rejected Restore would leave a resource that is OK without an account, so it is erred. */
export async function refuse(deps: OrderDeps, order: Order, error: AgentError, signal: AbortSignal): Promise<Ending> {
  if (order.type === 'Restore') {
    await approve(deps, order, signal);
    return fail(deps, order, error, signal);
  }
  deps.log.warn({ err: error }, 'the order was rejected');
  try {
    await deps.waldur.orders.reject(order.uuid, consumerText(error, order.uuid.slice(0, 8)), signal);
  } catch (refusal) {
    if (!isConflict(refusal)) throw refusal;
    return 'deferred';
  }
  return 'rejected';
}

/** Says what is being waited for, where the offering has messaging; never more than a courtesy. */
export async function tellConsumer(deps: OrderDeps, order: Order, message: string, signal: AbortSignal): Promise<void> {
  if (order.providerMessage === message) return;
  try {
    await deps.waldur.orders.setProviderInfo(order.uuid, message, signal);
  } catch (err) {
    deps.log.debug({ err: toAgentError(err), order: order.uuid }, 'the consumer could not be told');
  }
}

async function stateOf(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Order['state']> {
  return (await deps.waldur.orders.get(order.uuid, deps.offering.uuid, signal)).state;
}

function isConflict(error: unknown): boolean {
  return isAgentError(error) && error.code === 'WALDUR_CONFLICT';
}
