import type { OrderQueue } from '../orders/queue.ts';
import type { OfferingContext } from './context.ts';
import { createLoop, type Loop } from './loop.ts';

const INTERVAL_MS = 5_000;

/** Shows in the metrics how much waits and runs. */
export function meterQueue({ offering, metrics, clock, random }: OfferingContext, queue: OrderQueue): Loop {
  return createLoop({
    intervalMs: () => INTERVAL_MS,
    clock,
    random,
    turn: async () => metrics.queue({ offering: offering.name, queued: queue.waiting(), inProgress: queue.running() }),
  });
}
