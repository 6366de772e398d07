import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../lib/json.ts';
import { startAllocation } from './allocation.ts';
import { answer } from './answer.ts';
import { type Broker, type BrokerEntry, createBroker } from './broker/broker.ts';
import type { Soon } from './bus.ts';
import { removeConsumer, removeSubscription } from './consumers.ts';
import { createEvents } from './events.ts';
import { createFaults, type Faults } from './faults.ts';
import { loadFixture, tokenOf } from './fixture.ts';
import { type Budget, checkInvariants, type Violation } from './invariants.ts';
import { createJournal, type Journal } from './journal.ts';
import type { Order, OrderState } from './model.ts';
import type { Site } from './offerings.ts';
import { type OrderRequest, placeRequested } from './order-request.ts';
import { schedulePeriodicTasks } from './periodic.ts';
import { createRabbitmqBus, type RabbitmqOptions } from './rabbitmq/bus.ts';
import { createRandom } from './random.ts';
import type { Reply } from './reply.ts';
import { createRouter, type Router } from './router.ts';
import { createSandboxServer } from './server.ts';
import { createStore, type Store } from './store.ts';
import { createStorm } from './storm.ts';
import { createTestApi } from './test-api/test-api.ts';
import { createTurn } from './turn.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import type { Profile, Settings, World } from './world.ts';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly profile?: Profile;
  /** Added to every REST response. */
  readonly latencyMs?: number;
  readonly dispatchDelayMs?: readonly [number, number];
  readonly processorDelayMs?: readonly [number, number];
  readonly timeZone?: string;
  /** Whether owners of a service provider may put their offerings on sale; false, Waldur's default, without it. */
  readonly ownersActivate?: boolean;
  readonly seed?: number;
  /** Where the virtual clock starts; now without it. */
  readonly startsAt?: Date;
  /** Fills the empty server; the default fixture without it. */
  readonly fixture?: (site: Site) => void;
  /** Entries the journal keeps. */
  readonly journalSize?: number;
  /** Divides the broker's heart-beat intervals. */
  readonly brokerTimeScale?: number;
  /** Carries the messages instead of the broker in this process. */
  readonly rabbitmq?: RabbitmqOptions;
}

/** An embedded Waldur on loopback. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>/api/` */
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  readonly store: Store;
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly broker: Broker;
  readonly faults: Faults;
  readonly settings: Settings;
  /** The API token of a seeded user, such as `provider-owner`. */
  token(username: string): string;
  /** An order as a consumer places it, past the approval rules; `pending-provider` without a state. */
  placeOrder(request?: OrderRequest): Order;
  /** The order, once it has the state. @throws the signal's reason */
  await(order: Order | string, state: OrderState, signal: AbortSignal): Promise<Order>;
  invariants(budget?: Budget): Violation[];
  close(): Promise<void>;
}

const TASK_CHECK_MS = 10_000;

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { world, timers } = createWorld(options);
  const load = options.fixture ?? loadFixture;
  load(world);
  schedulePeriodicTasks(world);
  const router = createRouter(world.settings.profile);
  const testApi = createTestApi({
    world,
    storm: createStorm(world),
    reset: (fixture) => resetWorld(world, fixture === 'empty' ? () => undefined : load),
    act: (path, body) => answerStaff(world, router, path, body),
    awaitOrder: async (uuid, state, timeoutMs) => {
      const signal = AbortSignal.timeout(timeoutMs);
      return awaitOrder(world, uuid, state, signal).then(
        () => true,
        () => false,
      );
    },
  });
  const server = createSandboxServer(world, router, testApi);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // listening on TCP
  const tasks = setInterval(() => world.clock.runDue(), TASK_CHECK_MS).unref();
  return {
    url: `http://127.0.0.1:${port}/api/`,
    wsUrl: options.rabbitmq?.wsUrl ?? `ws://127.0.0.1:${port}/rmqws-stomp`,
    port,
    store: world.store,
    journal: world.journal,
    clock: world.clock,
    broker: world.broker,
    faults: world.faults,
    settings: world.settings,
    token: tokenOf,
    placeOrder: (request = {}) => placeRequested(world, request),
    await: (order, state, signal) => awaitOrder(world, typeof order === 'string' ? order : order.uuid, state, signal),
    invariants: (budget) => checkInvariants(world, budget),
    close: async () => {
      clearInterval(tasks);
      for (const timer of timers) clearTimeout(timer);
      await world.broker.close();
      if (world.bus !== world.broker) await world.bus.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A request of a member of staff in the portal. */
function answerStaff(world: World, router: Router, path: string, body: JsonObject): Soon<Reply> {
  const user = world.store.users.all().find(({ isStaff }) => isStaff);
  const as = user && { user, key: tokenOf(user.username) };
  const request = { method: 'POST', path, query: '', host: 'localhost', userAgent: 'person' };
  return answer(world, router, {
    ...request,
    ...(as && { as }),
    body: JSON.stringify(body),
    contentType: 'application/json',
  });
}

function createWorld(options: SandboxOptions): { readonly world: World; readonly timers: Set<NodeJS.Timeout> } {
  const seed = options.seed ?? 1;
  const clock = createVirtualClock(options.startsAt);
  const journal = createJournal(clock, options.journalSize ?? 20_000);
  const timers = new Set<NodeJS.Timeout>();
  const broker = createBroker({
    clock,
    timeScale: options.brokerTimeScale ?? 1,
    observe: (entry) => noteBroker(journal, entry),
  });
  const world: World = {
    settings: {
      profile: options.profile ?? '8.1',
      latencyMs: options.latencyMs ?? 0,
      dispatchDelayMs: options.dispatchDelayMs ?? [5, 50],
      processorDelayMs: options.processorDelayMs ?? [10, 100],
      timeZone: options.timeZone ?? 'UTC',
      ownersActivate: options.ownersActivate ?? false,
    },
    store: createStore(),
    clock,
    journal,
    ids: createRandom(seed),
    random: createRandom(seed + 1),
    faults: createFaults(createRandom(seed + 2)),
    events: createEvents(() => world),
    broker,
    bus: options.rabbitmq === undefined ? broker : createRabbitmqBus(options.rabbitmq),
    turn: createTurn(),
    brokerDown: new Set(),
    watchers: new Set(),
    startAllocation: (order) => startAllocation(world, order),
    later: (ms, work) => {
      if (ms <= 0) {
        // After the response that is being written, and before another request is read.
        setImmediate(work);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, ms);
      timers.add(timer);
    },
  };
  return { world, timers };
}

async function resetWorld(world: World, load: (site: Site) => void): Promise<void> {
  for (const consumer of world.store.consumers.all().slice()) await removeConsumer(world, consumer);
  for (const subscription of world.store.subscriptions.all().slice()) await removeSubscription(world, subscription);
  Object.assign(world.store, createStore());
  world.faults.clear();
  world.broker.clearFaults();
  world.brokerDown.clear();
  world.journal.clear();
  load(world);
}

function awaitOrder(world: World, uuid: string, state: OrderState, signal: AbortSignal): Promise<Order> {
  const now = world.store.orders.get(uuid);
  if (now?.state === state) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      world.watchers.delete(watch);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      stop();
      reject(signal.reason as Error);
    };
    const watch = (order: Order): void => {
      if (order.uuid !== uuid || order.state !== state) return;
      stop();
      resolve(order);
    };
    world.watchers.add(watch);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function noteBroker(journal: Journal, entry: BrokerEntry): void {
  switch (entry.kind) {
    case 'ws':
      journal.add('ws', {
        object: entry.event,
        uuid: entry.session ?? '',
        ...(entry.code === undefined ? {} : { status: entry.code }),
      });
      break;
    case 'stomp':
      journal.add('stomp', {
        method: entry.command,
        object: entry.direction,
        uuid: entry.session,
        detail: entry.headers,
      });
      break;
    case 'fault':
      journal.add('fault', { object: entry.fault.kind });
  }
}
