import type { Events } from './events.ts';
import type { Order } from './model.ts';
import { moveOrder, startProcessor } from './order-flow.ts';
import { approvalOf } from './place-order.ts';
import { disconnectSilent } from './routes/integration.ts';
import { nextState } from './rules/order-state.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SUPPRESSED_MS = 4 * HOUR_MS;
const IDLE_AFTER_MS = 10 * MINUTE_MS;
const RESYNC_BATCH = 50;

/** What the server does by itself, on its own clock. */
export function schedulePeriodicTasks(world: World): void {
  const { clock } = world;
  const seen = new Map<string, number>();
  /** Unchanged content is not sent again within four hours. */
  const unlessSeen = (content: string, send: (events: Events) => void): void => {
    const last = seen.get(content);
    if (last !== undefined && clock.nowMs() - last < SUPPRESSED_MS) return;
    seen.set(content, clock.nowMs());
    send(world.events);
  };
  clock.every(HOUR_MS, () => resendPending(world, unlessSeen));
  clock.every(10 * MINUTE_MS, () => resyncResources(world, unlessSeen));
  clock.every(10 * MINUTE_MS, () => disconnectSilent(world));
  clock.every(MINUTE_MS, () => idleServices(world));
  clock.every(MINUTE_MS, () => startDatedOrders(world));
}

type Suppress = (content: string, send: (events: Events) => void) => void;

function resendPending(world: World, unlessSeen: Suppress): void {
  const limit = world.clock.nowMs() - HOUR_MS;
  for (const order of world.store.orders.by('state', 'pending-provider')) {
    if (Date.parse(order.created) > limit) continue;
    unlessSeen(order.uuid, (events) => events.order(order, { sequence_number: ++order.resends }));
  }
}

function resyncResources(world: World, unlessSeen: Suppress): void {
  const limit = world.clock.nowMs() - HOUR_MS;
  const stale = world.store.resources
    .all()
    .filter((row) => row.state !== 'Terminated' && row.backendId !== '' && Date.parse(row.lastSync) <= limit);
  for (const row of stale.slice(0, RESYNC_BATCH)) {
    const flags = [row.uuid, row.backendId, row.paused, row.downscaled, row.restrictMemberAccess];
    unlessSeen(JSON.stringify(flags), (events) => events.resource(row));
  }
}

/** A service is idle when all its processors were silent for ten minutes. */
function idleServices(world: World): void {
  const { services, processors } = world.store;
  for (const service of services.all()) {
    const runs = processors.by('service', service.uuid).map(({ lastRunMs }) => lastRunMs);
    if (runs.length > 0 && Math.max(...runs) < world.clock.nowMs() - IDLE_AFTER_MS) service.state = 'Idle';
  }
}

function startDatedOrders(world: World): void {
  const today = world.clock.now().toISOString().slice(0, 10);
  for (const order of world.store.orders.by('state', 'pending-start-date').slice()) {
    if (order.startDate === undefined || order.startDate <= today) startOrder(world, order, 'date_reached');
  }
  for (const order of world.store.orders.by('state', 'pending-project').slice()) {
    const { startDate } = order.resource.project;
    if (startDate === undefined || startDate <= today) startOrder(world, order, 'project_started');
  }
}

function startOrder(world: World, order: Order, action: 'date_reached' | 'project_started'): void {
  const to = nextState(action, order.state, approvalOf(world, order));
  if (to === undefined) return;
  moveOrder(world, order, to, 'server');
  if (to === 'executing') startProcessor(world, order);
}
