import { isJsonObject, type JsonObject, sameJson } from '../../lib/json.ts';
import { bodyOf, type Call, objectOf, type Routes, textOf } from '../call.ts';
import type { Order, OrderType, Plan, Resource, ResourceState } from '../model.ts';
import { touchResource } from '../order-flow.ts';
import { demand, ordersFor, ordersForOptions, seesResource } from '../permissions.ts';
import { placeOnResource } from '../place-order.ts';
import { conflict, forbidden, invalid, notFound, ok, type Reply, status } from '../reply.ts';
import { limitProblem } from '../rules/limits.ts';
import { optionFields, validateOptions } from '../rules/options.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderResource } from '../serialize/resource.ts';
import { refuseSecondOptionsOrder } from './provider-resources.ts';
import { requireAvailable, requireState } from './resource-access.ts';
import { listResources } from './resource-list.ts';

const RESOURCES = 'marketplace-resources/:u/';

/** What a consumer asks for; the provider view of a resource has some of the same actions. */
export const consumerRoutes: Routes = {
  'GET marketplace-resources/': (call) => listResources(call, 'consumer'),
  [`GET ${RESOURCES}`]: (call) => ok(renderResource(find(call), call, call.query.fields)),
  [`POST ${RESOURCES}update_limits/`]: (call) => {
    const resource = ready(call, ['OK']);
    const limits = objectOf(bodyOf(call, ['limits', 'request_comment']), 'limits');
    checkLimits(call, resource, limits);
    if (sameJson(limits, resource.limits)) {
      throw invalid(['Impossible to create update orders with limits set to exactly the same.']);
    }
    return placed(call, resource, 'Update', { attributes: { old_limits: resource.limits }, limits });
  },
  [`POST ${RESOURCES}switch_plan/`]: (call) => {
    const resource = ready(call, ['OK']);
    const target = textOf(bodyOf(call, ['plan']), 'plan');
    const plan = resource.offering.plans.find(({ uuid }) => target.includes(uuid));
    if (plan === undefined) throw invalid({ plan: ['Invalid hyperlink - Object does not exist.'] });
    return placed(call, resource, 'Update', { plan });
  },
  [`POST ${RESOURCES}renew/`]: (call) => {
    const resource = ready(call, ['OK']);
    const body = bodyOf(call, ['extension_months', 'limits']);
    const months = body['extension_months'];
    if (typeof months !== 'number' || months < 1) throw invalid({ extension_months: ['A valid integer is required.'] });
    const limits = isJsonObject(body['limits']) ? body['limits'] : resource.limits;
    return placed(call, resource, 'Update', { attributes: renewal(call, resource, months), limits });
  },
  [`POST ${RESOURCES}update_options/`]: updateOptions,
  [`POST ${RESOURCES}terminate/`]: terminate,
  [`POST ${RESOURCES}restore/`]: restore,
  'POST marketplace-provider-resources/:u/update_options/': updateOptions,
  'POST marketplace-provider-resources/:u/terminate/': terminate,
  'POST marketplace-provider-resources/:u/restore/': (call) => {
    demand(call.world.settings.profile, call.user, 'resource.set_state', find(call).offering);
    return restore(call);
  },
};

function find(call: Call): Resource {
  const resource = call.world.store.resources.get(call.uuid);
  if (resource === undefined || !seesResource(call.user, resource)) throw notFound('Resource');
  return resource;
}

function ready(call: Call, states: readonly ResourceState[]): Resource {
  const resource = find(call);
  requireAvailable(resource);
  if (isOlder(call)) refuseInOlder(call, resource);
  requireState(resource, states);
  return resource;
}

/** Where 8.1 goes by the state of the resource, the 2024 release goes by roles and by orders that are open. */
function refuseInOlder(call: Call, resource: Resource): void {
  if (!ordersFor(call.user, resource)) throw forbidden();
  const open = ['pending-consumer', 'pending-provider', 'executing'];
  const orders = call.world.store.orders.by('resource', resource.uuid);
  if (orders.some(({ state }) => open.includes(state))) throw invalid(['Pending order for resource already exists.']);
}

function placed(
  call: Call,
  resource: Resource,
  type: OrderType,
  input: { readonly attributes?: JsonObject; readonly limits?: JsonObject; readonly plan?: Plan },
): Reply {
  const order: Order = placeOnResource(call.world, resource, {
    type,
    user: call.user,
    attributes: input.attributes ?? {},
    limits: input.limits ?? resource.limits,
    plan: input.plan ?? resource.plan,
  });
  return ok({ order_uuid: order.uuid });
}

function checkLimits(call: Call, resource: Resource, limits: JsonObject): void {
  const problem = isOlder(call) ? limitProblem(resource.offering, limits) : undefined;
  if (problem?.kind === 'types') throw invalid({ limits: problem.text });
  for (const [type, amount] of Object.entries(limits)) {
    const component = resource.offering.components.find((row) => row.type === type);
    if (component === undefined) throw invalid({ limits: [`Invalid limits: ${type}`] });
    if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 0) {
      throw invalid({ limits: { [type]: ['Ensure this value is greater than or equal to 0.'] } });
    }
  }
  if (problem?.kind === 'range') throw invalid([problem.text]);
}

export function renewal(call: Pick<Call, 'world'>, resource: Resource, months: number): JsonObject {
  const end = new Date(resource.endDate ?? call.world.clock.now());
  end.setUTCMonth(end.getUTCMonth() + months);
  return {
    action: 'renew',
    extension_months: months,
    old_limits: resource.limits,
    old_end_date: resource.endDate ?? null,
    new_end_date: end.toISOString().slice(0, 10),
  };
}

/** With the plugin option a change is an order; without it, it happens silently. */
function updateOptions(call: Call): Reply {
  const older = isOlder(call);
  const form = find(call).offering.resourceOptions;
  if (older && Object.keys(optionFields(form)).length === 0)
    throw invalid({ options: ['Metadata for resource options is not defined.'] });
  const resource = ready(call, ['OK']);
  if (older && !ordersForOptions(call.user, resource)) throw forbidden();
  refuseSecondOptionsOrder(call, resource);
  const options = objectOf(bodyOf(call, ['options']), 'options');
  const problems = validateOptions(form, options);
  if (problems !== undefined) throw invalid(older ? { options: problems } : problems);
  const merged = { ...resource.options, ...options };
  const ordered = resource.offering.pluginOptions['create_orders_on_resource_option_change'] === true;
  if (ordered && !older) {
    return placed(call, resource, 'Update', {
      attributes: { old_options: resource.options ?? {}, new_options: merged },
    });
  }
  touchResource(call.world, resource, (row) => {
    row.options = merged;
  });
  return status('Resource options are submitted');
}

function terminate(call: Call): Reply {
  const resource = ready(call, ['OK', 'Erred']);
  const { attributes } = bodyOf(call, ['attributes', 'termination_comment']);
  const order = { attributes: isJsonObject(attributes) ? attributes : {} };
  return placed(call, resource, 'Terminate', isOlder(call) ? { ...order, limits: {} } : order);
}

function restore(call: Call): Reply {
  const resource = ready(call, ['Terminated']);
  if (resource.offering.pluginOptions['can_restore_resource'] !== true) {
    throw conflict('Restoring of resources is not enabled for this offering.');
  }
  return placed(call, resource, 'Restore', { attributes: resource.attributes });
}
