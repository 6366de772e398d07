import type { OfferingConfig } from '../config/types.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Intake } from './intake.ts';

/** Every open order of the offering into the same queue that events feed. Answers how many there were. */
export async function reconcileOrders(
  deps: {
    readonly offering: OfferingConfig;
    readonly waldur: Waldur;
    readonly intake: Intake;
    /** Called for every order, because a long list may wait for room in the queue. */
    alive(): void;
  },
  signal: AbortSignal,
): Promise<number> {
  let open = 0;
  const states = ['pending-provider', 'executing'] as const;
  for await (const order of deps.waldur.orders.list({ offering: deps.offering.uuid, states }, signal)) {
    await deps.intake.reconcile({ order: order.uuid, resource: order.resource, state: order.state });
    deps.alive();
    open++;
  }
  return open;
}
