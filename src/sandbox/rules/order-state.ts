import type { OrderState, OrderType } from '../model.ts';

/** What can happen to an order. */
export const ORDER_ACTIONS = [
  'approve_by_consumer',
  'approve_by_provider',
  'reject_by_consumer',
  'reject_by_provider',
  'set_state_executing',
  'set_state_done',
  'set_state_erred',
  'retry',
  'cancel',
  'project_started',
  'date_reached',
] as const;
export type OrderAction = (typeof ORDER_ACTIONS)[number];

/** From which states; an empty list means any: Waldur does not guard `set_state_erred`. */
export const VALID_STATES: Readonly<Record<OrderAction, readonly OrderState[]>> = {
  approve_by_consumer: ['pending-consumer'],
  approve_by_provider: ['pending-provider'],
  reject_by_consumer: ['pending-consumer'],
  reject_by_provider: ['pending-provider'],
  set_state_executing: ['pending-consumer', 'pending-provider', 'erred'],
  set_state_done: ['executing'],
  set_state_erred: [],
  retry: ['erred'],
  cancel: ['pending-consumer', 'pending-provider', 'executing'],
  project_started: ['pending-project'],
  date_reached: ['pending-start-date'],
};

/** What decides how far an approved order goes at once. */
export interface Approval {
  readonly projectStarted: boolean;
  /** The order asks for a date that is still to come. */
  readonly startsLater: boolean;
  readonly providerMustReview: boolean;
}

export function accepts(action: OrderAction, state: OrderState): boolean {
  const valid = VALID_STATES[action];
  return valid.length === 0 || valid.includes(state);
}

/** The state after `action`; undefined when the state forbids it. */
export function nextState(action: OrderAction, state: OrderState, approval: Approval): OrderState | undefined {
  if (!accepts(action, state)) return undefined;
  switch (action) {
    case 'approve_by_consumer':
      return afterConsumer(approval);
    case 'approve_by_provider':
      return approval.startsLater ? 'pending-start-date' : 'executing';
    case 'project_started':
      return afterConsumer({ ...approval, projectStarted: true });
    case 'reject_by_consumer':
    case 'reject_by_provider':
      return 'rejected';
    case 'set_state_executing':
    case 'retry':
    case 'date_reached':
      return 'executing';
    case 'set_state_done':
      return 'done';
    case 'set_state_erred':
      return 'erred';
    case 'cancel':
      return 'canceled';
  }
}

function afterConsumer(approval: Approval): OrderState {
  if (!approval.projectStarted) return 'pending-project';
  if (approval.providerMustReview) return 'pending-provider';
  return approval.startsLater ? 'pending-start-date' : 'executing';
}

/** Whether orders of this offering stop for the provider. */
export function providerMustReview(order: {
  readonly type: OrderType;
  readonly pluginOptions: Readonly<Record<string, unknown>>;
  /** The consumer's organisation is the provider's. */
  readonly sameCustomer: boolean;
  readonly creatorRoles: readonly string[];
}): boolean {
  const { pluginOptions: options } = order;
  if (options['disable_autoapprove'] === true) return true;
  if (order.sameCustomer && options['auto_approve_in_service_provider_projects'] === true) return false;
  const roles = options['auto_approve_for_roles'];
  return !(Array.isArray(roles) && order.creatorRoles.some((role) => roles.includes(role)));
}
