import type { JsonObject } from '../../lib/json.ts';
import type { OrderType } from '../model.ts';

export type UpdateKind = 'renewal' | 'limits' | 'options' | 'plan';

/** Which Update order this is; the tests run in the server's order. */
export function updateKind(attributes: JsonObject): UpdateKind {
  if (attributes['action'] === 'renew') return 'renewal';
  if ('old_limits' in attributes) return 'limits';
  return 'new_options' in attributes ? 'options' : 'plan';
}

export function isOptionsOrder(type: OrderType, attributes: JsonObject): boolean {
  return type === 'Update' && updateKind(attributes) === 'options';
}
