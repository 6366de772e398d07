import { toUuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import { FIXTURE } from './fixture.ts';
import { type Offering, ORDER_TYPES, type Order, type OrderState, type OrderType, type Resource } from './model.ts';
import { placeCreate, placeOnResource } from './place-order.ts';
import { invalid, notFound } from './reply.ts';
import { renewal } from './routes/consumer.ts';
import type { World } from './world.ts';

/** An order placed by a test, past the approval rules. UUIDs in either form. */
export interface OrderRequest {
  readonly type?: OrderType;
  /** Of an Update; `limits` without it. */
  readonly kind?: 'limits' | 'options' | 'plan' | 'renew';
  /** For a Create; the `limit` offering of the fixture without it. */
  readonly offering?: string;
  readonly project?: string;
  /** For everything but a Create. */
  readonly resource?: string;
  readonly name?: string;
  readonly attributes?: JsonObject;
  readonly limits?: JsonObject;
  readonly options?: JsonObject;
  readonly plan?: string;
  readonly state?: OrderState;
  readonly user?: string;
}

/** @throws Refusal for things that do not exist */
export function placeRequested(world: World, request: OrderRequest): Order {
  const { type = 'Create', state = 'pending-provider' } = request;
  if (!ORDER_TYPES.includes(type)) throw invalid({ type: [`"${type}" is not a valid choice.`] });
  const [user] = world.store.users.by('username', request.user ?? 'consumer');
  if (user === undefined) throw notFound('User');
  if (type === 'Create') {
    const offering = existing(world.store.offerings, request.offering ?? FIXTURE.limit, 'Offering');
    const project = existing(world.store.projects, request.project ?? FIXTURE.project, 'Project');
    const name = request.name ?? `resource-${world.store.resources.size + 1}`;
    return placeCreate(world, offering, project, {
      type,
      state,
      user,
      attributes: { name, ...request.attributes },
      limits: request.limits ?? defaultLimits(offering),
      plan: planOf(offering, request.plan) ?? offering.plans[0],
    });
  }
  const resource = existing(world.store.resources, request.resource ?? '', 'Resource');
  const update = type === 'Update' ? updateOf(world, resource, request) : {};
  return placeOnResource(world, resource, {
    type,
    state,
    user,
    attributes: { ...update, ...request.attributes },
    limits: request.limits ?? (type === 'Terminate' && world.settings.profile === '2024' ? {} : resource.limits),
    plan: planOf(resource.offering, request.plan) ?? resource.plan,
  });
}

function existing<R>(table: { get(uuid: string): R | undefined }, uuid: string, model: string): R {
  const row = table.get(toUuid(uuid) ?? '');
  if (row === undefined) throw notFound(model);
  return row;
}

function planOf(offering: Offering, uuid: string | undefined): Offering['plans'][number] | undefined {
  return uuid === undefined ? undefined : offering.plans.find((plan) => plan.uuid === toUuid(uuid));
}

function defaultLimits(offering: Offering): JsonObject {
  const limited = offering.components.filter(({ billingType }) => billingType === 'limit');
  return Object.fromEntries(limited.map(({ type, defaultLimit }) => [type, defaultLimit ?? 1]));
}

function updateOf(world: World, resource: Resource, request: OrderRequest): JsonObject {
  const { kind = 'limits' } = request;
  switch (kind) {
    case 'options':
      return { old_options: resource.options ?? {}, new_options: { ...resource.options, ...request.options } };
    case 'renew':
      return renewal({ world }, resource, 12);
    case 'plan':
      return {};
    case 'limits':
      return { old_limits: resource.limits };
  }
}
