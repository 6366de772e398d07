import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Action } from '../plugin/contract.ts';
import type { Order } from '../waldur/types.ts';
import type { OrderDeps } from './deps.ts';
import { intend } from './handle.ts';
import { type OrderKind, orderKind } from './kind.ts';
import { withSlugs } from './with-slugs.ts';

/** What an open order would do now. */
export interface Preview {
  readonly order: Order;
  readonly kind: OrderKind;
  readonly actions: readonly Action[];
  /** Why it could not be done: terminal errors would end the order, others leave it waiting. */
  readonly error: AgentError | undefined;
}

/** The open orders of an offering and the actions they would cause, by the same stages that carry them out. */
export async function* previewOrders(deps: OrderDeps, signal: AbortSignal): AsyncGenerator<Preview> {
  const states = ['pending-provider', 'executing'] as const;
  for await (const order of deps.waldur.orders.list({ offering: deps.offering.uuid, states }, signal)) {
    const kind = orderKind(order);
    try {
      const resource = withSlugs(await deps.waldur.resources.get(order.resource, deps.offering.uuid, signal), order);
      const { actions } = await intend(deps, order, resource, signal);
      yield { order, kind, actions, error: undefined };
    } catch (error) {
      signal.throwIfAborted();
      yield { order, kind, actions: [], error: toAgentError(error) };
    }
  }
}
