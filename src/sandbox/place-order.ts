import type { JsonObject } from '../lib/json.ts';
import type { Offering, Order, OrderState, OrderType, Plan, Project, Resource, User } from './model.ts';
import { moveOrder, moveResource, startProcessor } from './order-flow.ts';
import { approvesForConsumer } from './permissions.ts';
import { pickOptions } from './rules/options.ts';
import { type Approval, nextState, providerMustReview } from './rules/order-state.ts';
import { resourceDuring } from './rules/outcome.ts';
import { slugify } from './rules/slug.ts';
import type { World } from './world.ts';

export interface NewOrder {
  readonly type: OrderType;
  readonly user: User;
  readonly attributes: JsonObject;
  readonly limits: JsonObject;
  readonly plan: Plan | undefined;
  readonly startDate?: string | undefined;
  readonly requestComment?: string | undefined;
  /** Skips the approval rules; for tests. */
  readonly state?: OrderState | undefined;
}

/** A Create order and the resource row that exists from the start. */
export function placeCreate(world: World, offering: Offering, project: Project, order: NewOrder): Order {
  return insertOrder(world, insertResource(world, offering, project, order), order);
}

/** An order about a resource that is there. */
export function placeOnResource(world: World, resource: Resource, order: NewOrder): Order {
  // The 2024 release leaves the resource alone until the order is executing.
  if (world.settings.profile !== '2024') moveResource(world, resource, resourceDuring(order.type, resource.state));
  return insertOrder(world, resource, order);
}

/** How far approvals take an order of this resource at once. */
export function approvalOf(
  world: World,
  order: Pick<Order, 'type' | 'resource' | 'createdBy' | 'startDate'>,
): Approval {
  const { offering, project } = order.resource;
  const today = world.clock.now().toISOString().slice(0, 10);
  return {
    projectStarted: project.startDate === undefined || project.startDate <= today,
    startsLater: world.settings.profile !== '2024' && order.startDate !== undefined && order.startDate > today,
    providerMustReview: providerMustReview({
      type: order.type,
      pluginOptions: offering.pluginOptions,
      sameCustomer: offering.customer === project.customer,
      creatorRoles: order.createdBy.roles.map(({ name }) => name),
    }),
  };
}

function insertResource(world: World, offering: Offering, project: Project, order: NewOrder): Resource {
  const now = world.clock.stamp();
  const name = order.attributes['name'];
  const text = typeof name === 'string' ? name : '';
  // The 2024 release leaves the options of site-agent resources empty.
  const options =
    world.settings.profile === '2024' ? undefined : pickOptions(offering.resourceOptions, order.attributes);
  return world.store.resources.insert({
    uuid: world.ids.uuid(),
    name: text,
    slug: slugify(text, world.store.slugs),
    description: typeof order.attributes['description'] === 'string' ? order.attributes['description'] : '',
    created: now,
    modified: now,
    state: 'Creating',
    lastSync: now,
    backendId: '',
    effectiveId: '',
    offering,
    project,
    plan: order.plan,
    attributes: order.attributes,
    options,
    limits: order.limits,
    currentUsages: {},
    backendMetadata: {},
    endpoints: [],
    report: null,
    paused: false,
    downscaled: false,
    restrictMemberAccess: false,
    endDate: undefined,
    errorMessage: '',
    errorTraceback: '',
    keyCount: 0,
    eventNumber: 0,
  });
}

function insertOrder(world: World, resource: Resource, input: NewOrder): Order {
  const now = world.clock.stamp();
  const order = world.store.orders.insert({
    uuid: world.ids.uuid(),
    slug: `${resource.slug}-${now.slice(0, 10)}`,
    type: input.type,
    state: 'pending-consumer',
    resource,
    createdBy: input.user,
    created: now,
    modified: now,
    attributes: input.attributes,
    limits: input.limits,
    plan: input.plan,
    oldPlan: input.type === 'Create' ? undefined : resource.plan,
    startDate: input.startDate,
    requestComment: input.requestComment,
    consumerReview: undefined,
    providerReview: undefined,
    autoApproved: false,
    completedAt: undefined,
    backendId: '',
    errorMessage: '',
    errorTraceback: '',
    errorAt: undefined,
    providerMessage: '',
    providerMessageUrl: '',
    providerMessageAt: undefined,
    consumerRejection: '',
    providerRejection: '',
    resends: 0,
  });
  if (input.state !== undefined) {
    moveOrder(world, order, input.state, input.user.username);
    if (input.state === 'executing') startProcessor(world, order);
  } else if (approvesForConsumer(world.settings.profile, input.user, resource.project))
    approveForConsumer(world, order, input.user);
  else world.events.order(order);
  return order;
}

/** The consumer's side says yes: by itself when the creator may, or by hand. */
export function approveForConsumer(world: World, order: Order, user: User): OrderState {
  const to = nextState('approve_by_consumer', order.state, approvalOf(world, order)) ?? order.state;
  moveOrder(world, order, to, user.username, (row) => {
    row.consumerReview = { by: user, at: row.modified };
    row.autoApproved = to === 'executing';
  });
  if (to === 'executing') startProcessor(world, order);
  return to;
}
