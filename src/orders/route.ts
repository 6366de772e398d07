import type { OfferingConfig } from '../config/types.ts';
import type { Order } from '../waldur/types.ts';
import { orderKind } from './kind.ts';

/**
 * Whose turn it is, by the state table in src/waldur/README.md, Orders.
 * - `approve`: ours to accept or reject, then to fulfil
 * - `person`: a person decides in the portal
 * - `fulfil`: accepted, ours to carry out
 * - `verify`: Waldur closed an options order by itself; the backend may not know
 * - `leave`: not ours, or over
 */
export type Route = 'approve' | 'person' | 'fulfil' | 'verify' | 'leave';

export function route(order: Order, approval: OfferingConfig['approval']): Route {
  switch (order.state) {
    case 'pending-provider':
      return approval === 'auto' ? 'approve' : 'person';
    case 'executing':
      return 'fulfil';
    case 'done':
      return orderKind(order) === 'options' ? 'verify' : 'leave';
    case 'pending-consumer':
    case 'pending-project':
    case 'pending-start-date':
    case 'erred':
    case 'canceled':
    case 'rejected':
      return 'leave';
  }
}
