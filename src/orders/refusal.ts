import type { AgentError } from '../lib/errors.ts';
import { isJsonObject } from '../lib/json.ts';
import type { Order } from '../waldur/types.ts';
import type { Desired } from './desired.ts';
import { orderKind } from './kind.ts';
import type { Problem } from './problem.ts';

/** The problem that ends the order: one of an aspect that the order is about. The others do not hold it up. */
export function refusalOf(order: Order, { problems }: Pick<Desired, 'problems'>): AgentError | undefined {
  return problems.find((problem) => decides(order, problem))?.error;
}

function decides(order: Order, { aspect, key }: Problem): boolean {
  switch (orderKind(order)) {
    case 'create':
    case 'restore':
      return true;
    case 'limits':
    case 'plan':
    case 'renewal':
      return aspect === 'limits';
    case 'options': {
      const said = order.attributes['new_options'];
      return isJsonObject(said) && key in said;
    }
    case 'terminate':
      return false;
  }
}
