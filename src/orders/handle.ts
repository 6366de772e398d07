import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Pending } from '../plugin/contract.ts';
import type { Order, Resource } from '../waldur/types.ts';
import { approve, awaitCompletion, complete, type Ending, fail, refuse, tellConsumer } from './close.ts';
import { type Comparison, compareAccount } from './compare.ts';
import type { OrderDeps } from './deps.ts';
import { desired } from './desired.ts';
import { endsOrder } from './ends-order.ts';
import { establish } from './establish.ts';
import { revert } from './execute.ts';
import { convergeResource, planQuotasOf } from './inspect-resource.ts';
import { orderKind } from './kind.ts';
import { checkPending } from './pending-end.ts';
import { allow } from './policy.ts';
import { refusalOf } from './refusal.ts';
import { intendRemoval, type Removal, remove } from './removal.ts';
import { route } from './route.ts';
import { withSlugs } from './with-slugs.ts';

export interface HandleDeps extends OrderDeps {
  /**
   * Reports the last usage of a resource whose account is about to be deleted.
   *
   * @throws AgentError when it cannot be reported now and may be soon: nothing is deleted then.
   */
  reportFinal(resource: Resource, orderedAt: Date, signal: AbortSignal): Promise<void>;
}

/** What became of an order. */
export interface Outcome {
  readonly ending: Ending;
  readonly order: Order;
  /** What the ending `pending` waits for. */
  readonly pending?: Pending;
}

type Result = Omit<Outcome, 'order'>;

/**
 * One order from its UUID to its end: fetch, gate, desired, observe, plan, execute, report. Safe to repeat at any time.
 *
 * The backend is read and the plan made before the order is approved, so an order that cannot be fulfilled is rejected
 * instead of failing, and one whose storage is down waits in a state where its owner can still be told why.
 *
 * @throws AgentError for what is not the order's fault: the order is then as it was, and must be tried again.
 */
export async function handleOrder(deps: HandleDeps, uuid: Uuid, signal: AbortSignal): Promise<Outcome> {
  const order = await deps.waldur.orders.get(uuid, deps.offering.uuid, signal);
  const log = deps.log.child({ order: uuid, resource: order.resource });
  if (order.offering !== deps.offering.uuid) {
    log.warn({ offering: order.offering }, 'an order of another offering was skipped');
    return { order, ending: 'skipped' };
  }
  return { order, ...(await follow({ ...deps, log }, order, signal)) };
}

async function follow(deps: HandleDeps, order: Order, signal: AbortSignal): Promise<Result> {
  const turn = route(order, deps.offering.approval);
  switch (turn) {
    case 'leave':
      return { ending: 'skipped' };
    case 'person':
      await tellConsumer(deps, order, 'Waiting for the provider to approve this order.', signal);
      return { ending: 'deferred' };
    case 'verify':
      return { ending: await verify(deps, order, signal) };
    case 'approve':
    case 'fulfil':
      break;
  }
  const resource = withSlugs(await deps.waldur.resources.get(order.resource, deps.offering.uuid, signal), order);
  let intent: Intent;
  try {
    intent = await intend(deps, order, resource, signal);
  } catch (error) {
    return { ending: await concede(deps, order, toAgentError(error), signal) };
  }
  if (turn === 'fulfil') return fulfil(deps, order, intent, signal);
  if ('desired' in intent && intent.desired.notes.length > 0) {
    await tellConsumer(deps, order, intent.desired.notes.join(' '), signal);
  }
  if (orderKind(order) === 'options' && 'desired' in intent) return applyThenApprove(deps, order, intent, signal);
  const state = await approve(deps, order, signal);
  return state === 'executing' ? fulfil(deps, order, intent, signal) : { ending: 'deferred' };
}

/** Waldur's own processor applied the options: make the backend follow, whatever the order said. */
async function verify(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Ending> {
  const resource = await deps.waldur.resources.get(order.resource, deps.offering.uuid, signal);
  if (resource.backendId === '' || resource.state === 'Terminated') return 'skipped';
  await convergeResource(deps, resource, signal);
  return 'skipped';
}

/** What an order will do: decided before anything is written. */
export type Intent = Comparison | Removal;

/**
 * The plan of an order: shared with dry runs.
 *
 * @throws AgentError terminal for what ends the order.
 */
export async function intend(deps: OrderDeps, order: Order, resource: Resource, signal: AbortSignal): Promise<Intent> {
  if (orderKind(order) === 'terminate') return intendRemoval(deps, resource, signal);
  const wanted = desired(deps.offering, resource, order, await planQuotasOf(deps, resource, order, signal));
  const refusal = refusalOf(order, wanted);
  if (refusal !== undefined) throw refusal;
  const comparison = await compareAccount(deps, resource, wanted, signal);
  checkPending(deps, comparison.observed);
  allow(deps.offering.policy, comparison.actions);
  return comparison;
}

/** Waldur closes an options order right after its approval, so this is the only moment at which it can be refused. */
async function applyThenApprove(
  deps: OrderDeps,
  order: Order,
  intent: Comparison,
  signal: AbortSignal,
): Promise<Result> {
  try {
    await establish(deps, intent, { isNew: false }, signal);
  } catch (error) {
    const failure = toAgentError(error);
    if (endsOrder(failure)) await revert(deps, intent.actions, signal);
    return { ending: await concede(deps, order, failure, signal) };
  }
  const state = await approve(deps, order, signal);
  const isApproved = state === 'executing' || state === 'done';
  return { ending: isApproved ? await awaitCompletion(deps, order, signal) : 'deferred' };
}

async function fulfil(deps: HandleDeps, order: Order, intent: Intent, signal: AbortSignal): Promise<Result> {
  const kind = orderKind(order);
  try {
    if ('desired' in intent) {
      const isNew = kind === 'create' || kind === 'restore';
      const { pending } = await establish(deps, intent, { isNew }, signal);
      if (pending !== undefined) return { ending: 'pending', pending };
    } else {
      const { actions, observed } = intent;
      const isMeasurable = observed.state !== 'absent' && actions.length > 0;
      if (isMeasurable) await deps.reportFinal(intent.resource, new Date(order.created), signal);
      await remove(deps, intent, signal);
    }
  } catch (error) {
    // Approved, here or before: what fails from now on is erred, never rejected.
    return { ending: await concede(deps, { ...order, state: 'executing' }, toAgentError(error), signal) };
  }
  return { ending: await complete(deps, order, signal) };
}

const UNAVAILABLE = 'The storage is not available at the moment. The order is kept and tried again.';
const HELD_BACK = 'The operator of the storage has to carry this out. The order is kept until then.';

/** Ends an order that can never succeed, and gives everything else back to the caller with the order untouched. */
async function concede(deps: OrderDeps, order: Order, error: AgentError, signal: AbortSignal): Promise<Ending> {
  const pending = order.state === 'pending-provider';
  if (endsOrder(error)) return pending ? refuse(deps, order, error, signal) : fail(deps, order, error, signal);
  if (pending) {
    await tellConsumer(deps, order, error.code === 'POLICY' ? HELD_BACK : UNAVAILABLE, signal);
  }
  throw error;
}
