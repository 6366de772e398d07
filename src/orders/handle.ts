import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Order, Resource } from '../waldur/types.ts';
import { approve, awaitCompletion, complete, type Ending, fail, refuse, tellConsumer } from './close.ts';
import { establish, type Intent, intendPresence, intendRemoval, type Presence, remove, revert } from './converge.ts';
import { convergeResource } from './converge-resource.ts';
import type { OrderDeps } from './deps.ts';
import { decidingPlan, desired } from './desired.ts';
import { isHopeless } from './hopeless.ts';
import { orderKind } from './kind.ts';
import { route } from './route.ts';
import { withSlugs } from './with-slugs.ts';

/** What became of an order. */
export interface Outcome {
  readonly ending: Ending;
  readonly order: Order;
}

/**
 * One order from its UUID to its end: fetch, gate, desired, observe, plan, execute, report. Safe to repeat at any time.
 *
 * The backend is read and the plan made before the order is approved, so an order that cannot be fulfilled is rejected
 * instead of failing, and one whose storage is down waits in a state where its owner can still be told why.
 *
 * @throws AgentError for what is not the order's fault: the order is then as it was, and must be tried again.
 */
export async function handleOrder(deps: OrderDeps, uuid: Uuid, signal: AbortSignal): Promise<Outcome> {
  const order = await deps.waldur.orders.get(uuid, deps.offering.uuid, signal);
  const log = deps.log.child({ order: uuid, resource: order.resource });
  return { order, ending: await follow({ ...deps, log }, order, signal) };
}

async function follow(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Ending> {
  const turn = route(order, deps.offering.approval);
  switch (turn) {
    case 'leave':
      return 'skipped';
    case 'person':
      await tellConsumer(deps, order, 'Waiting for the provider to approve this order.', signal);
      return 'deferred';
    case 'verify':
      return verify(deps, order, signal);
    case 'approve':
    case 'fulfil':
      break;
  }
  const resource = withSlugs(await deps.waldur.resources.get(order.resource, deps.offering.uuid, signal), order);
  let intent: Intent | Presence;
  try {
    intent = await intend(deps, order, resource, signal);
  } catch (error) {
    return concede(deps, order, toAgentError(error), signal);
  }
  if (turn === 'fulfil') return fulfil(deps, order, intent, signal);
  if (orderKind(order) === 'options' && 'keys' in intent) return applyThenApprove(deps, order, intent, signal);
  const state = await approve(deps, order, signal);
  return state === 'executing' ? fulfil(deps, order, intent, signal) : 'deferred';
}

/** Waldur's own processor applied the options: make the backend follow, whatever the order said. */
async function verify(deps: OrderDeps, order: Order, signal: AbortSignal): Promise<Ending> {
  const resource = await deps.waldur.resources.get(order.resource, deps.offering.uuid, signal);
  if (resource.backendId === '' || resource.state === 'Terminated') return 'skipped';
  await convergeResource(deps, resource, signal);
  return 'skipped';
}

/** The plan of an order: shared with dry runs. */
export async function intend(
  deps: OrderDeps,
  order: Order,
  resource: Resource,
  signal: AbortSignal,
): Promise<Intent | Presence> {
  if (orderKind(order) === 'terminate') return intendRemoval(deps, resource, signal);
  const plan = decidingPlan(deps.offering, resource, order);
  const quotas = plan === undefined ? {} : await deps.planQuotas(plan, signal);
  return intendPresence(deps, resource, desired(deps.offering, resource, order, quotas), signal);
}

/** Waldur closes an options order right after its approval, so this is the only moment at which it can be refused. */
async function applyThenApprove(deps: OrderDeps, order: Order, intent: Presence, signal: AbortSignal): Promise<Ending> {
  try {
    await establish(deps, intent, { isNew: false }, signal);
  } catch (error) {
    const failure = toAgentError(error);
    if (isHopeless(failure)) await revert(deps, intent, signal);
    return concede(deps, order, failure, signal);
  }
  const state = await approve(deps, order, signal);
  return state === 'executing' || state === 'done' ? awaitCompletion(deps, order, signal) : 'deferred';
}

async function fulfil(deps: OrderDeps, order: Order, intent: Intent | Presence, signal: AbortSignal): Promise<Ending> {
  const kind = orderKind(order);
  try {
    if ('keys' in intent) await establish(deps, intent, { isNew: kind === 'create' || kind === 'restore' }, signal);
    else await remove(deps, intent, signal);
  } catch (error) {
    // Approved, here or before: what fails from now on is erred, never rejected.
    return concede(deps, { ...order, state: 'executing' }, toAgentError(error), signal);
  }
  return complete(deps, order, signal);
}

/** Ends an order that can never succeed, and gives everything else back to the caller with the order untouched. */
async function concede(deps: OrderDeps, order: Order, error: AgentError, signal: AbortSignal): Promise<Ending> {
  const pending = order.state === 'pending-provider';
  if (isHopeless(error)) return pending ? refuse(deps, order, error, signal) : fail(deps, order, error, signal);
  if (pending) {
    const message = 'The storage is not available at the moment. The order is kept and tried again.';
    await tellConsumer(deps, order, message, signal);
  }
  throw error;
}
