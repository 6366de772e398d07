import type { Uuid } from '../lib/ids.ts';
import { setBounded } from '../lib/set-bounded.ts';
import type { OrderState } from '../waldur/types.ts';

/** The orders this process finished last. Our own transitions come back as events, which then need no work. */
export interface FinishedOrders {
  add(order: Uuid): void;
  forget(order: Uuid): void;
  /** Whether a hint only echoes what was done. From `done` an order can only go to `erred`, after which it is forgotten. */
  isStale(hint: { readonly order: Uuid; readonly state: OrderState | undefined }): boolean;
}

const ECHOES: ReadonlySet<OrderState | undefined> = new Set<OrderState>(['pending-provider', 'executing', 'done']);

/** Forgets the oldest order when it is full. */
export function createFinishedOrders(limit: number): FinishedOrders {
  const orders = new Map<Uuid, true>();
  return {
    add: (order) => void setBounded(orders, order, true, limit),
    forget: (order) => void orders.delete(order),
    isStale: ({ order, state }) => ECHOES.has(state) && orders.has(order),
  };
}
