import type { Order } from '../waldur/types.ts';

export type OrderKind = 'create' | 'restore' | 'terminate' | 'renewal' | 'limits' | 'options' | 'plan';

/** What an order asks for. The tests of an Update run in the order in which Waldur itself makes them. */
export function orderKind(order: Order): OrderKind {
  switch (order.type) {
    case 'Create':
      return 'create';
    case 'Restore':
      return 'restore';
    case 'Terminate':
      return 'terminate';
    case 'Update':
      if (order.attributes['action'] === 'renew') return 'renewal';
      if ('old_limits' in order.attributes) return 'limits';
      return 'new_options' in order.attributes ? 'options' : 'plan';
  }
}
