import type { AgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Standing } from './standing.ts';

/** Orders that only an operator can set going again; while there are any, the offering cannot fulfil its orders. */
export interface HeldOrders {
  /** Working on the order failed. */
  failed(order: Uuid, error: AgentError): void;
  /** The order was worked on without a failure. */
  passed(order: Uuid): void;
  /** Waldur lists no open order at all. */
  none(): void;
}

/** Enough to know that something is wrong. */
const REMEMBERED = 1000;

export function createHeldOrders(standing: Standing): HeldOrders {
  const held = new Set<Uuid>();
  const clear = (): void => {
    if (held.size === 0) standing.clear('fulfilment');
  };
  return {
    failed: (order, error) => {
      if (error.disposition !== 'operator') return;
      if (held.size < REMEMBERED) held.add(order);
      standing.hinder('fulfilment', error);
    },
    passed: (order) => {
      held.delete(order);
      clear();
    },
    none: () => {
      held.clear();
      clear();
    },
  };
}
