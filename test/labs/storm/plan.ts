import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import type { OrderRequest } from '../../../src/sandbox/order-request.ts';
import { createRandom, type SeededRandom } from '../../../src/sandbox/random.ts';

/** One order of a resource, as its consumer places it when the one before has ended. */
export interface PlannedOrder {
  readonly name: string;
  readonly request: OrderRequest;
  /** Something is stored in the account while the order lasts, for which it must not be removed. */
  readonly holdsData: boolean;
  /** What the consumer calls the resource by then. */
  readonly renamed?: string;
}

/** The orders of one resource, one after the other. */
export interface Chain {
  readonly name: string;
  readonly offering: string;
  readonly orders: readonly PlannedOrder[];
}

export interface PlanOptions {
  /** Of the names; `r` without it. */
  readonly prefix?: string;
  readonly seed: number;
  readonly resources: number;
  readonly ordersEach: number;
  /** Two plans of each offering, by its UUID. */
  readonly plans: Readonly<Record<string, readonly string[]>>;
}

/** Names that no backend takes. */
const HARD_NAMES = [
  'a/b',
  '../..',
  'x'.repeat(150),
  'می\u200cخواهم',
  '👩\u200d👩\u200d👧',
  ' \t',
  'résumé; rm -rf',
] as const;

type Kind = 'limits' | 'options' | 'plan' | 'renew' | 'terminate' | 'restore' | 'refused' | 'impossible' | 'erring';

/** How often an order of each kind is placed on a resource that lives, compared to the others. */
const OF_LIMITS = weighted({ limits: 4, plan: 2, renew: 2, terminate: 3, refused: 1, impossible: 1, erring: 1 });
const OF_OPTIONS = weighted({ options: 6, plan: 2, terminate: 3, refused: 1, impossible: 1 });

function weighted(weights: Partial<Record<Kind, number>>): readonly Kind[] {
  return Object.entries(weights).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as Kind));
}

/** Half of the resources are sold by limit, the others by option. The same seed gives the same orders. */
export function planOrders(options: PlanOptions): readonly Chain[] {
  return Array.from({ length: options.resources }, (_, index) => {
    const random = createRandom(options.seed * 1000 + index);
    const offering = index % 2 === 0 ? FIXTURE.limit : FIXTURE.options;
    const name = `${options.prefix ?? 'r'}${index}`;
    let isAlive = true;
    const orders: PlannedOrder[] = [create(`${name}.0`, offering, random)];
    for (let step = 1; step < options.ordersEach; step++) {
      const kinds = offering === FIXTURE.limit ? OF_LIMITS : OF_OPTIONS;
      const kind = isAlive ? choose(kinds, random) : 'restore';
      if (kind === 'terminate') isAlive = false;
      if (kind === 'restore') isAlive = true;
      const request = requestOf(kind, offering, random, options.plans[offering] ?? []);
      const renamed = random.next() < 0.2 ? choose(HARD_NAMES, random) : undefined;
      const about = { name: `${name}.${step} ${kind}`, request, holdsData: kind === 'refused' };
      orders.push({ ...about, ...(renamed !== undefined && { renamed }) });
    }
    return { name, offering, orders };
  });
}

function create(name: string, offering: string, random: SeededRandom): PlannedOrder {
  const size = 1 + Math.floor(random.next() * 100);
  const wanted =
    offering === FIXTURE.limit
      ? { limits: { storage: size, objects: 1000 } }
      : { attributes: { storage_limit: size, object_limit: 1000 } };
  return { name: `${name} create`, request: { type: 'Create', offering, ...wanted }, holdsData: false };
}

function requestOf(kind: Kind, offering: string, random: SeededRandom, plans: readonly string[]): OrderRequest {
  const size = 1 + Math.floor(random.next() * 100);
  switch (kind) {
    case 'limits':
      return { type: 'Update', kind, limits: { storage: size, objects: 1000 } };
    case 'options':
      return { type: 'Update', kind, options: { storage_limit: size } };
    case 'plan':
      return { type: 'Update', kind, plan: choose(plans, random) };
    case 'renew':
      return { type: 'Update', kind };
    case 'terminate':
    case 'refused':
      return { type: 'Terminate' };
    case 'restore':
      return { type: 'Restore' };
    // Rejected while it is pending, erred when it was approved before we saw it.
    case 'impossible':
      return offering === FIXTURE.limit
        ? { type: 'Update', kind: 'limits', limits: { storage: 0, objects: 1000 } }
        : { type: 'Update', kind: 'options', options: { storage_limit: 0 } };
    case 'erring':
      return { type: 'Update', kind: 'limits', limits: { storage: 0, objects: 1000 }, state: 'executing' };
  }
}

function choose<Item>(items: readonly Item[], random: SeededRandom): Item {
  const item = items[Math.floor(random.next() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
