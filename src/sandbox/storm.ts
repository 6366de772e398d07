import type { Json } from '../lib/json.ts';
import type { Order } from './model.ts';
import { type OrderRequest, placeRequested } from './order-request.ts';
import type { World } from './world.ts';

export interface StormRequest extends Omit<OrderRequest, 'type' | 'resource'> {
  readonly orders: number;
  /** Orders per second; all at once without it. */
  readonly rate?: number;
  /** Milliseconds after which a finished order counts as late. */
  readonly lateMs?: number;
}

/** Many Create orders at a steady rate, and what became of them. */
export interface Storm {
  start(request: StormRequest): void;
  report(): Json;
}

const TICK_MS = 5;

export function createStorm(world: World): Storm {
  const placed = new Map<Order, { readonly at: number; doneAt?: number; times: number }>();
  let lateMs = Number.POSITIVE_INFINITY;
  world.watchers.add((order) => {
    const entry = placed.get(order);
    if (entry === undefined || order.state !== 'done') return;
    entry.doneAt = world.clock.nowMs();
    entry.times++;
  });
  const place = (request: StormRequest): void => {
    const { orders: _orders, rate: _rate, lateMs: _late, ...order } = request;
    placed.set(placeRequested(world, { ...order, type: 'Create' }), { at: world.clock.nowMs(), times: 0 });
  };
  return {
    start: (request) => {
      placed.clear();
      lateMs = request.lateMs ?? lateMs;
      const started = world.clock.nowMs();
      const { rate = Number.POSITIVE_INFINITY } = request;
      const tick = (): void => {
        const due = Math.min(
          request.orders,
          1 + Math.floor(((world.clock.nowMs() - started) / 1000) * rate) || request.orders,
        );
        while (placed.size < due) place(request);
        if (placed.size < request.orders) world.later(TICK_MS, tick);
      };
      tick();
    },
    report: () => {
      const entries = [...placed];
      const took = entries.flatMap(([, { at, doneAt }]) => (doneAt === undefined ? [] : [doneAt - at]));
      took.sort((a, b) => a - b);
      return {
        placed: entries.length,
        done: took.length,
        lost: entries.filter(([{ state }]) => state === 'pending-provider' || state === 'executing').length,
        failed: entries.filter(([{ state }]) => state === 'erred' || state === 'rejected').length,
        duplicated: entries.filter(([, { times }]) => times > 1).length,
        late: took.filter((ms) => ms > lateMs).length,
        median_ms: took[Math.floor(took.length / 2)] ?? null,
        longest_ms: took.at(-1) ?? null,
      };
    },
  };
}
