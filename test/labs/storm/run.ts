import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../../src/lib/json.ts';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import type { Order, OrderState, Resource } from '../../../src/sandbox/model.ts';
import { createRandom } from '../../../src/sandbox/random.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { type StormAgent, startStormAgent, type Weight } from './agent-process.ts';
import { croitFaults, waldurFaults } from './faults.ts';
import { type Chain, planOrders } from './plan.ts';
import { openStormSite, type StormCredentials, type StormSite } from './site.ts';

export interface RunOptions {
  readonly seed: number;
  readonly resources: number;
  readonly ordersEach: number;
  /** Share of requests, calls and frames that go wrong; 0 is a calm day. */
  readonly rate: number;
  /** Where consumers find their keys. */
  readonly credentials: StormCredentials;
  readonly deadline: AbortSignal;
}

export interface Run {
  /** Final state of every order, by its name in the plan. */
  readonly orders: Readonly<Record<string, OrderState>>;
  /** What Waldur and the storage have in the end, by name of the resource. */
  readonly resources: Readonly<Record<string, JsonObject>>;
  /** Accounts that no living resource has. */
  readonly strays: readonly string[];
  readonly violations: readonly string[];
  readonly requests: number;
  readonly faults: number;
  readonly base: Weight;
  readonly after: Weight;
  readonly seconds: number;
}

/** The agent's waits pass ten times faster, and so do the pauses that servers ask for. */
const SPEED = 10;
/** Every so many orders the session to the broker is reset. */
const RESET_EVERY = 500;
/** Requests to croit that fail in a row, although the agent soon makes few. */
const OUTAGE_CALLS = 12;
const WARM_UP = 200;
/** A guess from the order of requests, which may overtake each other here. What the calm day erred is the better judge. */
const WITHOUT_CALM = 'order erred after a transient fault';
const POLL_MS = 5;
const FINAL: ReadonlySet<OrderState> = new Set(['done', 'erred', 'rejected']);

/** The same orders for the same seed, on a calm day or in a storm. */
export async function run(options: RunOptions): Promise<Run> {
  const site = await openStormSite(options.seed, options.credentials);
  try {
    const { seed, rate } = options;
    const agent = await startStormAgent({ file: site.file, speed: SPEED, seed, rate });
    try {
      return await goOn(options, site, agent);
    } finally {
      await agent.stop();
    }
  } finally {
    await site.close();
  }
}

async function goOn(options: RunOptions, site: StormSite, agent: StormAgent): Promise<Run> {
  const { seed, rate, deadline } = options;
  const { sandbox } = site;
  const names = new Map<string, string>();
  const plans = plansOf(sandbox);
  const watch = watchOrders(deadline);
  const goThrough = (chains: readonly Chain[], onPlaced: () => void): Promise<readonly Ended[]> =>
    Promise.all(chains.map((chain) => follow({ site, chain, names, onPlaced, ended: watch.ended })));
  await registered(sandbox, deadline);
  // Code is compiled and caches are filled, so that what is more at the end is what was left over.
  const warm = planOrders({ prefix: 'warm', seed, resources: WARM_UP, ordersEach: 1, plans });
  const before = await goThrough(warm, () => undefined);
  await quiet(sandbox, agent, deadline);
  const base = await agent.weigh();

  sandbox.journal.clear();
  const started = performance.now();
  const weather = rate > 0 ? stormy(options, site, names) : undefined;
  const ended = await goThrough(planOrders({ ...options, plans }), () => weather?.placed());
  weather?.clear();
  agent.heal();
  await quiet(sandbox, agent, deadline);
  const seconds = (performance.now() - started) / 1000;

  const living = [...before, ...ended].map(({ resource }) => resource).filter(({ state }) => state !== 'Terminated');
  const named = new Set(living.map(({ backendId }) => backendId));
  return {
    orders: Object.fromEntries(ended.flatMap(({ states }) => states)),
    resources: Object.fromEntries(ended.map(({ name, resource }) => [name, site.describe(resource)])),
    strays: site.accounts().filter((account) => !named.has(account)),
    violations: sandbox.invariants().flatMap(({ rule, detail }) => (rule === WITHOUT_CALM ? [] : `${rule}: ${detail}`)),
    requests: sandbox.journal.entries(0, 'http').length,
    faults: sandbox.journal.entries(0, 'fault').filter(({ path }) => path !== undefined).length,
    base,
    after: await agent.weigh(),
    seconds,
  };
}

interface Weather {
  /** One more order was placed. */
  placed(): void;
  clear(): void;
}

/**
 * Requests to Waldur and croit fail by the dice, and for a while all of them. Frames are lost, doubled and reordered, and
 * now and then the session to the broker is reset.
 */
function stormy(options: RunOptions, { sandbox, cluster }: StormSite, names: ReadonlyMap<string, string>): Weather {
  const { seed, rate } = options;
  const { broker } = sandbox;
  const random = createRandom(seed);
  const most = options.resources * options.ordersEach;
  let orders = 0;
  let croitRequests = 0;
  let waldurRequests = 0;
  const named = (path: string): string => path.replaceAll(/[0-9a-f]{32}/g, (uuid) => names.get(uuid) ?? uuid);
  const isWaldurDown = (): boolean => orders > most / 3 && ++waldurRequests < most / 10;
  const isCroitDown = (): boolean => orders > (most * 2) / 3 && ++croitRequests < OUTAGE_CALLS;
  sandbox.faults.add({ action: waldurFaults({ seed, rate, named, isDown: isWaldurDown }) });
  cluster.facade.fault = croitFaults(seed, rate, isCroitDown);
  return {
    placed: () => {
      for (const kind of ['drop', 'duplicate', 'reorder'] as const) {
        // An order has three frames or more.
        if (random.next() < 3 * rate) broker.fault({ kind, times: 1 });
      }
      if (++orders % RESET_EVERY === 0) broker.fault({ kind: 'reset' });
    },
    clear: () => {
      sandbox.faults.clear();
      broker.clearFaults();
      cluster.facade.fault = undefined;
    },
  };
}

interface Ended {
  readonly name: string;
  readonly resource: Resource;
  readonly states: readonly (readonly [string, OrderState])[];
}

interface Follow {
  readonly site: StormSite;
  readonly chain: Chain;
  /** From UUIDs to names; filled here. */
  readonly names: Map<string, string>;
  readonly onPlaced: () => void;
  readonly ended: Watch['ended'];
}

/** Places the orders of a resource, each when the one before has ended. */
async function follow({ site, chain, names, onPlaced, ended }: Follow): Promise<Ended> {
  const states: [string, OrderState][] = [];
  let resource: Resource | undefined;
  for (const { name, request, holdsData, renamed } of chain.orders) {
    if (resource !== undefined && renamed !== undefined) resource.name = renamed;
    const empty = holdsData && resource !== undefined ? site.occupy(resource) : undefined;
    onPlaced();
    const order = site.sandbox.placeOrder({ ...request, ...(resource && { resource: resource.uuid }) });
    resource = order.resource;
    names.set(order.uuid, name).set(resource.uuid, chain.name);
    states.push([name, await ended(order, name)]);
    empty?.();
  }
  if (resource === undefined) throw new Error(`${chain.name} has no orders`);
  return { name: chain.name, resource, states };
}

interface Watch {
  /** The final state of an order. @throws Error when it takes too long */
  ended(order: Order, name: string): Promise<OrderState>;
}

/** Looks at all of them together: a timer for each would cost more than the orders. */
function watchOrders(deadline: AbortSignal): Watch {
  const waiting = new Map<
    Order,
    { readonly name: string; resolve(state: OrderState): void; reject(error: Error): void }
  >();
  const timer = setInterval(() => {
    for (const [order, { name, resolve, reject }] of waiting) {
      if (FINAL.has(order.state)) resolve(order.state);
      else if (deadline.aborted) reject(new Error(`${name} is still ${order.state}`));
      else continue;
      waiting.delete(order);
    }
  }, POLL_MS);
  timer.unref();
  return {
    ended: (order, name) => new Promise((resolve, reject) => waiting.set(order, { name, resolve, reject })),
  };
}

/** The agent shows itself in the portal last, and rows get their UUIDs in the order in which they are made. */
function registered({ journal }: Sandbox, deadline: AbortSignal): Promise<void> {
  const isShown = ({ path, status }: { readonly path?: string; readonly status?: number }): boolean =>
    path?.endsWith('/set_statistics/') === true && status === 200;
  const listens = ({ method }: { readonly method?: string }): boolean => method === 'SUBSCRIBE';
  const isReady = (): boolean =>
    journal.entries(0, 'http').filter(isShown).length >= 2 && journal.entries(0, 'stomp').filter(listens).length >= 2;
  return until(isReady, 'the agent to be ready', deadline);
}

/** Nothing waits in a queue, of the broker or of the agent, for a second. */
async function quiet({ store, broker }: Sandbox, agent: StormAgent, deadline: AbortSignal): Promise<void> {
  for (let calm = 0; calm < 10; calm++) {
    await sleep(100, undefined, { signal: deadline });
    const frames = store.consumers.all().map(({ owner, queue }) => broker.depth(owner.uuid, queue));
    const isQuiet = frames.every(({ ready, unacked }) => ready + unacked === 0) && (await agent.busy()) === 0;
    if (!isQuiet) calm = -1;
  }
}

async function until(isSo: () => boolean, what: string, deadline: AbortSignal): Promise<void> {
  while (!isSo()) {
    if (deadline.aborted) throw new Error(`waited too long for ${what}`);
    await sleep(POLL_MS);
  }
}

function plansOf({ store }: Sandbox): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [FIXTURE.limit, FIXTURE.options].map((uuid) => [
      uuid,
      (store.offerings.get(uuid)?.plans ?? []).map((plan) => plan.uuid),
    ]),
  );
}
