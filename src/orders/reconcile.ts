import type { OfferingConfig } from '../config/types.ts';
import type { Waldur } from '../waldur/client.ts';
import type { Intake } from './intake.ts';

/** Every open order of the offering into the same queue that events feed. Returns how many there were. */
export async function reconcileOrders(
  deps: {
    readonly offering: OfferingConfig;
    readonly waldur: Waldur;
    readonly intake: Intake;
    /** Called for every order and while there is no room in the queue, because a long list takes its time. */
    alive(): void;
  },
  signal: AbortSignal,
): Promise<number> {
  let open = 0;
  const states = ['pending-provider', 'executing'] as const;
  for await (const order of deps.waldur.orders.list({ offering: deps.offering.uuid, states }, signal)) {
    deps.alive();
    await deps.intake.reconcile({ order: order.uuid, resource: order.resource, state: order.state }, deps.alive);
    open++;
  }
  return open;
}
