import { isJsonObject } from '../lib/json.ts';
import type { Order, OrderState, PlanPeriod, Resource, ResourceState } from './model.ts';
import { ServerCrash } from './reply.ts';
import { type Ending, resourceAfter } from './rules/outcome.ts';
import { isOptionsOrder, updateKind } from './rules/update-kind.ts';
import type { World } from './world.ts';

/** The only way an order changes its state: journal, message and waiting callers follow from it. */
export function moveOrder(
  world: World,
  order: Order,
  to: OrderState,
  by: string,
  also: (order: Order) => void = () => undefined,
): void {
  const from = order.state;
  const now = world.clock.stamp();
  world.store.orders.change(order, (row) => {
    row.state = to;
    row.modified = now;
    if (to === 'done' || to === 'erred' || to === 'rejected' || to === 'canceled') row.completedAt = now;
    also(row);
  });
  if (from === to) return;
  world.journal.add('transition', { object: 'order', uuid: order.uuid, from, to, user: by });
  world.events.order(order);
  for (const watch of world.watchers) watch(order);
}

export function moveResource(world: World, resource: Resource, to: ResourceState): void {
  const from = resource.state;
  touchResource(world, resource, (row) => {
    row.state = to;
  });
  if (from !== to) world.journal.add('transition', { object: 'resource', uuid: resource.uuid, from, to });
}

export function touchResource(world: World, resource: Resource, mutate: (row: Resource) => void): void {
  world.store.resources.change(resource, (row) => {
    mutate(row);
    row.modified = world.clock.stamp();
  });
}

/** An order ends: its state, and what that does to the resource. */
export function finishOrder(
  world: World,
  order: Order,
  ending: Ending,
  to: OrderState,
  by: string,
  also?: (order: Order) => void,
): void {
  const { resource } = order;
  // The 2024 release does not look at the backend id: a failed birth leaves an erred resource.
  const hasBackendId = resource.backendId !== '' || world.settings.profile === '2024';
  const state = resourceAfter(order.type, ending, { state: resource.state, hasBackendId });
  if (ending === 'done') applyOrder(world, order);
  moveResource(world, resource, state);
  if (state === 'Terminated') bury(world, resource);
  moveOrder(world, order, to, by, also);
}

/**
 * The server's own processor, some time after an order went executing: it completes options orders without asking the
 * agent, and leaves everything else to it.
 */
export function startProcessor(world: World, order: Order): void {
  const older = world.settings.profile === '2024';
  if (!older && !isOptionsOrder(order.type, order.attributes)) return;
  const [least, most] = world.settings.processorDelayMs;
  world.later(world.random.between(least, most), () => {
    if (older) world.startAllocation(order);
    else if (order.state === 'executing') finishOrder(world, order, 'done', 'done', 'server');
  });
}

function applyOrder(world: World, order: Order): void {
  const { resource, attributes } = order;
  if (order.type === 'Create' || order.type === 'Restore') openPeriod(world, resource);
  if (order.type !== 'Update') return;
  const before = resource.plan;
  const kind = updateKind(attributes);
  if (kind === 'limits' && world.settings.profile === '2024' && switchedThisMonth(world, resource))
    throw new ServerCrash('MultipleObjectsReturned');
  touchResource(world, resource, (row) => {
    if (kind === 'options') {
      const options = attributes['new_options'];
      row.options = { ...row.options, ...(isJsonObject(options) ? options : {}) };
      return;
    }
    if (kind !== 'plan') row.limits = order.limits;
    if (order.plan !== undefined) row.plan = order.plan;
    const endDate = attributes['new_end_date'];
    if (kind === 'renewal' && typeof endDate === 'string') row.endDate = endDate;
  });
  if (resource.plan === before) return;
  closePeriods(world, resource);
  openPeriod(world, resource);
}

/** A fault of the 2024 release: after a change of plan it finds two plan periods for the month, and crashes. */
function switchedThisMonth(world: World, resource: Resource): boolean {
  const month = world.clock.now().toISOString().slice(0, 7);
  return world.store.periods.by('resource', resource.uuid).filter(({ start }) => start.startsWith(month)).length > 1;
}

function bury(world: World, resource: Resource): void {
  closePeriods(world, resource);
  for (const key of world.store.keys.by('resource', resource.uuid).slice()) world.store.keys.delete(key);
}

function openPeriod(world: World, resource: Resource): void {
  if (resource.plan === undefined) return;
  const period: PlanPeriod = {
    uuid: world.ids.uuid(),
    resource,
    plan: resource.plan,
    start: world.clock.stamp(),
    end: undefined,
  };
  world.store.periods.insert(period);
}

function closePeriods(world: World, resource: Resource): void {
  for (const period of world.store.periods.by('resource', resource.uuid)) period.end ??= world.clock.stamp();
}
