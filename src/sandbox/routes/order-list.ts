import type { Call } from '../call.ts';
import { ORDER_STATES, ORDER_TYPES, type Order, type OrderState } from '../model.ts';
import { both, datedFilter, list } from '../paginate.ts';
import { seesOffering, seesOrder } from '../permissions.ts';
import { choices, uuidFilter } from '../query.ts';
import type { Reply } from '../reply.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderOrder } from '../serialize/order.ts';
import { touchIntegration } from './integration.ts';

/** Orders the caller sees; what the agent filters by is answered from indexes. */
export function listOrders(call: Call): Reply {
  const { world, user, query } = call;
  const { orders, offerings } = world.store;
  touchIntegration(call, ['Order processing', 'Event processing'], ['Order processing']);
  const older = isOlder(call);
  const states = [
    ...new Set(
      choices(query, 'state', older ? ORDER_STATES.filter((state) => state !== 'pending-start-date') : ORDER_STATES),
    ),
  ];
  const types = choices(query, 'type', older ? ORDER_TYPES.filter((type) => type !== 'Restore') : ORDER_TYPES);
  const offering = uuidFilter(query, 'offering_uuid');
  const resource = uuidFilter(query, 'resource_uuid');
  const owner = offerings.get(offering ?? '');
  const pools = poolsOf(call, offering, resource, states);
  const project = uuidFilter(query, 'project_uuid');
  const customer = uuidFilter(query, 'customer_uuid');
  const provider = uuidFilter(query, 'provider_uuid');
  const seesAll = user.isStaff || (owner !== undefined && seesOffering(user, owner));
  const filtered = types.length > 0 || [project, customer, provider].some((value) => value !== undefined);
  const narrowed = resource !== undefined;
  const where =
    seesAll && !filtered && !narrowed
      ? undefined
      : (row: Order): boolean =>
          (seesAll || seesOrder(user, row)) &&
          (types.length === 0 || types.includes(row.type)) &&
          (states.length === 0 || states.includes(row.state)) &&
          (offering === undefined || row.resource.offering.uuid === offering) &&
          (project === undefined || row.resource.project.uuid === project) &&
          (customer === undefined || row.resource.project.customer.uuid === customer) &&
          (provider === undefined || row.resource.offering.customer.uuid === provider);
  return list(call, {
    pools: pools.length === 0 ? [orders.all()] : pools,
    where: both(where, datedFilter(call, older ? ['modified_before', 'created_before'] : [])),
    render: renderOrder,
    sort: { state: (row) => row.state, cost: () => '', consumer_reviewed_at: (row) => row.consumerReview?.at ?? '' },
  });
}

function poolsOf(
  call: Call,
  offering: string | undefined,
  resource: string | undefined,
  states: readonly OrderState[],
): (readonly Order[])[] {
  const { orders } = call.world.store;
  if (resource !== undefined) return [orders.by('resource', resource)];
  if (offering === undefined) return states.map((state) => orders.by('state', state));
  if (states.length === 0) return [orders.by('offering', offering)];
  return states.map((state) => orders.by('offeringState', `${offering} ${state}`));
}
