import { isJsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, textOf } from '../call.ts';
import type { Order, OrderState } from '../model.ts';
import { finishOrder, moveOrder, moveResource, startProcessor, touchResource } from '../order-flow.ts';
import { approvesForConsumer, demand, type Permission, seesOrder } from '../permissions.ts';
import { approvalOf, approveForConsumer } from '../place-order.ts';
import { forbidden, invalid, notFound, ok, Refusal, type Reply, ServerCrash, status, wrongState } from '../reply.ts';
import { accepts, nextState, type OrderAction, VALID_STATES } from '../rules/order-state.ts';
import { resourceOnRetry } from '../rules/outcome.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderOrder } from '../serialize/order.ts';
import { createOrder } from './create-order.ts';
import { touchIntegration } from './integration.ts';
import { listOrders } from './order-list.ts';

const EXECUTABLE = ['Marketplace.Slurm'];
const COMPLETABLE = ['Marketplace.Slurm', 'Marketplace.Basic', 'Marketplace.Support'];

export const orderRoutes: Routes = {
  'GET marketplace-orders/': listOrders,
  'POST marketplace-orders/': createOrder,
  'GET marketplace-orders/:u/': (call) => {
    const order = find(call);
    touchIntegration(call, ['Order processing', 'Event processing'], []);
    return ok(renderOrder(order, call, call.query.fields));
  },
  'DELETE marketplace-orders/:u/': (call) => {
    find(call);
    if (isOlder(call)) throw forbidden();
    throw new Refusal(405, { detail: 'Method "DELETE" not allowed.' });
  },
  'POST marketplace-orders/:u/approve_by_provider/': approveByProvider,
  'POST marketplace-orders/:u/reject_by_provider/': (call) => {
    const order = open(call, 'order.reject', 'reject_by_provider');
    const comment = optionalText(bodyOf(call, ['provider_rejection_comment']), 'provider_rejection_comment');
    finishOrder(call.world, order, 'refused', 'rejected', call.user.username, (row) => {
      row.providerRejection = comment;
      row.providerReview = { by: call.user, at: row.modified };
    });
    return ok();
  },
  'POST marketplace-orders/:u/approve_by_consumer/': approveByConsumer,
  'POST marketplace-orders/:u/reject_by_consumer/': (call) => {
    const order = find(call);
    if (!approvesForConsumer(call.world.settings.profile, call.user, order.resource.project)) throw forbidden();
    check(order, 'reject_by_consumer');
    finishOrder(call.world, order, 'refused', 'rejected', call.user.username, (row) => {
      row.consumerReview = { by: call.user, at: row.modified };
    });
    return ok();
  },
  'POST marketplace-orders/:u/set_state_executing/': (call) => {
    const order = open(call, 'order.set_state', 'set_state_executing', EXECUTABLE);
    moveOrder(call.world, order, 'executing', call.user.username);
    return ok();
  },
  'POST marketplace-orders/:u/set_state_done/': (call) => {
    const order = open(call, 'order.set_state', 'set_state_done', COMPLETABLE);
    // Waldur looks for the one executing order of the type on the resource, and without exactly one does nothing.
    if (onlyExecuting(call, order)) finishOrder(call.world, order, 'done', 'done', call.user.username);
    return ok();
  },
  'POST marketplace-orders/:u/set_state_erred/': setStateErred,
  'POST marketplace-orders/:u/retry/': retry,
  'POST marketplace-orders/:u/set_backend_id/': (call) => {
    const order = find(call);
    demand(call.world.settings.profile, call.user, 'resource.set_backend_id', order.resource.offering);
    const backendId = textOf(bodyOf(call, ['backend_id']), 'backend_id');
    if (order.backendId === backendId) return status('Order backend_id is not changed.');
    moveOrder(call.world, order, order.state, call.user.username, (row) => {
      row.backendId = backendId;
    });
    return status('Order backend_id has been changed.');
  },
  'POST marketplace-orders/:u/set_provider_info/': setProviderInfo,
  'POST marketplace-orders/:u/cancel/': (call) => {
    const order = find(call);
    if (!call.user.isStaff && !approvesForConsumer(call.world.settings.profile, call.user, order.resource.project))
      throw forbidden();
    check(order, 'cancel');
    requireType(order, ['Marketplace.Basic', 'Marketplace.Support']);
    finishOrder(call.world, order, 'refused', 'canceled', call.user.username);
    return { status: 202 };
  },
};

/** Finds an order the caller sees. @throws Refusal 404 */
export function find(call: Call): Order {
  const order = call.world.store.orders.get(call.uuid);
  if (order === undefined || !seesOrder(call.user, order)) throw notFound('Order');
  return order;
}

/** Visibility, permission, state, then offering type: the order of the server's checks. */
function open(call: Call, permission: Permission, action: OrderAction, types?: readonly string[]): Order {
  const order = find(call);
  demand(call.world.settings.profile, call.user, permission, order.resource.offering);
  check(order, action);
  if (types !== undefined) requireType(order, types);
  const { customer } = order.resource.project;
  if (permission !== 'order.set_state' && (customer.blocked || customer.archived)) {
    throw invalid([`${customer.blocked ? 'Blocked' : 'Archived'} organization is not available.`]);
  }
  return order;
}

function check(order: Order, action: OrderAction): void {
  if (!accepts(action, order.state)) throw wrongState(VALID_STATES[action]);
}

function requireType(order: Order, types: readonly string[]): void {
  const { type } = order.resource.offering;
  if (types.includes(type)) return;
  throw new Refusal(405, { detail: `The order's offering with ${type} type does not support this action` });
}

function approveByProvider(call: Call): Reply {
  const { world, user } = call;
  const order = open(call, 'order.approve', 'approve_by_provider');
  const { attributes } = bodyOf(call, ['attributes']);
  const legacy = isOlder(call);
  const to = nextState('approve_by_provider', order.state, approvalOf(world, order)) ?? order.state;
  const added = isJsonObject(attributes) && !legacy ? attributes : undefined;
  moveOrder(world, order, to, user.username, (row) => {
    row.providerReview = { by: user, at: row.modified };
    if (added !== undefined) row.attributes = { ...row.attributes, ...added };
  });
  if (added !== undefined && order.type === 'Create' && order.resource.state === 'Creating') {
    touchResource(world, order.resource, (row) => {
      row.attributes = { ...row.attributes, ...added };
    });
  }
  if (to === 'executing') startProcessor(world, order);
  if (legacy) return ok();
  const started = to === 'executing';
  return ok({ detail: started ? 'Order has been approved and is being processed.' : 'Order is pending start date.' });
}

function approveByConsumer(call: Call): Reply {
  const order = find(call);
  if (!approvesForConsumer(call.world.settings.profile, call.user, order.resource.project)) throw forbidden();
  check(order, 'approve_by_consumer');
  const texts: Partial<Record<OrderState, string>> = {
    'pending-project': 'Order is pending project start date.',
    'pending-provider': 'Order is pending provider approval.',
    'pending-start-date': 'Order is pending start date.',
  };
  const to = approveForConsumer(call.world, order, call.user);
  if (isOlder(call)) return ok();
  return ok({ detail: texts[to] ?? 'Order has been approved and is being processed.' });
}

function setStateErred(call: Call): Reply {
  const { world } = call;
  const order = open(call, 'order.set_state', 'set_state_erred', EXECUTABLE);
  const body = bodyOf(call, ['error_message', 'error_traceback']);
  if (body['error_message'] === undefined || body['error_traceback'] === undefined) throw new ServerCrash('KeyError');
  // The 2024 release stores the texts and changes the resource from any state, and ends only an executing order.
  const to = isOlder(call) && !onlyExecuting(call, order) ? order.state : 'erred';
  finishOrder(world, order, 'erred', to, call.user.username, (row) => {
    row.errorMessage = optionalText(body, 'error_message');
    row.errorTraceback = optionalText(body, 'error_traceback');
    row.errorAt = row.modified;
  });
  return ok();
}

function retry(call: Call): Reply {
  const { world } = call;
  const order = open(call, 'order.set_state', 'retry', EXECUTABLE);
  const state = resourceOnRetry(order.type, order.resource.state);
  if (state === undefined) throw invalid([`Order of type ${order.type} cannot be retried.`]);
  moveResource(world, order.resource, state);
  touchResource(world, order.resource, (row) => {
    row.errorMessage = '';
    row.errorTraceback = '';
  });
  moveOrder(world, order, 'executing', call.user.username, (row) => {
    row.errorMessage = '';
    row.errorTraceback = '';
    row.errorAt = undefined;
    row.completedAt = undefined;
  });
  startProcessor(world, order);
  return ok();
}

function setProviderInfo(call: Call): Reply {
  const order = open(call, 'order.set_provider_info', 'approve_by_provider');
  if (order.resource.offering.pluginOptions['enable_provider_consumer_messaging'] !== true) {
    throw new Refusal(409, { detail: 'Provider-consumer messaging is not enabled for this offering.' });
  }
  const body = bodyOf(call, ['provider_message', 'provider_message_url', 'provider_message_attachment']);
  moveOrder(call.world, order, order.state, call.user.username, (row) => {
    row.providerMessage = optionalText(body, 'provider_message', row.providerMessage);
    row.providerMessageUrl = optionalText(body, 'provider_message_url', row.providerMessageUrl);
    row.providerMessageAt = row.modified;
  });
  call.world.events.orderMessage(order, 'provider_info_set');
  return ok({ detail: 'Provider info has been saved.' });
}

function onlyExecuting(call: Call, order: Order): boolean {
  const executing = call.world.store.orders.by('executing', `${order.resource.uuid} ${order.type}`);
  return executing.length === 1 && executing[0] === order;
}
