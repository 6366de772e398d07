import { isAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { isJsonObject } from '../lib/json.ts';
import { type Api, flatten, isAbout, route } from './api.ts';
import type { OrdersApi } from './client.ts';
import { decodeOrder } from './decode.ts';
import { createOlderServer } from './older-server.ts';
import type { Order, OrderState } from './types.ts';

const ORDERS = 'marketplace-orders';
/** What `decodeOrder` reads: whole orders have ninety keys, each computed for us. */
const FIELDS = [
  'uuid',
  'type',
  'state',
  'offering_uuid',
  'marketplace_resource_uuid',
  'resource_name',
  'attributes',
  'limits',
  'plan_uuid',
  'old_plan_uuid',
  'new_plan_uuid',
  'created',
  'modified',
  'start_date',
  'provider_message',
  'customer_slug',
  'project_slug',
  'created_by_username',
  // Read for its absence: see `noteAge`.
  'provider_rejection_comment',
];

export function createOrders(api: Api): OrdersApi {
  const act = async (name: string, order: Uuid, action: string, body: object, signal: AbortSignal): Promise<unknown> =>
    api.send('POST', `orders.${name}`, route(ORDERS, order, action), { ...body }, signal);
  const olderServer = createOlderServer(api);
  let isOlder = false;
  /** Every order tells whether its server keeps the reason of a rejection; none of 2024 does. */
  const noteAge = (row: unknown): void => {
    if (isJsonObject(row)) isOlder = !('provider_rejection_comment' in row);
  };
  const setErred = async (order: Uuid, message: string, signal: AbortSignal): Promise<void> => {
    // A missing key is a server error.
    await act('set_erred', order, 'set_state_erred', { error_message: message, error_traceback: '' }, signal);
  };
  return {
    // The offering in the query keeps its integration status in the portal alive.
    get: async (order, offering, signal) => {
      const query = { offering_uuid: offering, field: FIELDS };
      const row = await api.get('orders.get', route(ORDERS, order), query, signal);
      noteAge(row);
      return decodeOrder(row);
    },
    list: ({ offering, states }, signal) => {
      const query = { offering_uuid: offering, state: states, o: 'created', field: FIELDS };
      const decode = (row: unknown): Order | undefined => {
        noteAge(row);
        return asked(row, offering, states);
      };
      return flatten(api.pages('orders.list', route(ORDERS), query, decode, signal));
    },
    approve: async (order, signal) => {
      if (isOlder) await olderServer.beforeApproval(order, signal);
      return whatBecame(await act('approve', order, 'approve_by_provider', {}, signal));
    },
    reject: async (order, comment, signal) => {
      // Such a server drops the comment. From a pending order it keeps the error message, which the consumer sees.
      if (isOlder) await setErred(order, comment, signal);
      await act('reject', order, 'reject_by_provider', { provider_rejection_comment: comment }, signal);
    },
    setDone: async (order, signal) => {
      if (isOlder) await olderServer.beforeEnd(order, signal);
      await act('set_done', order, 'set_state_done', {}, signal);
      if (isOlder) await olderServer.afterDone(order, signal);
    },
    setErred: async (order, message, signal) => {
      if (isOlder) await olderServer.beforeEnd(order, signal);
      await setErred(order, message, signal);
    },
    setProviderInfo: (order, message, signal) => {
      const body = { provider_message: message };
      return inform(api, () => act('set_provider_info', order, 'set_provider_info', body, signal));
    },
  };
}

/** False when the server does not take information of the provider, or not for this order. */
async function inform(api: Api, send: () => Promise<unknown>): Promise<boolean> {
  try {
    const sent = await api.attempt('provider-info', async () => {
      await send();
      return true;
    });
    return sent ?? false;
  } catch (error) {
    // Messaging is off for the offering, or the order does not wait any more.
    if (isAgentError(error) && error.status === 409) return false;
    throw error;
  }
}

function asked(row: unknown, offering: Uuid, states: readonly OrderState[]): Order | undefined {
  if (!isAbout(row, 'offering_uuid', offering)) return undefined;
  const state = isJsonObject(row) ? row['state'] : undefined;
  return typeof state === 'string' && !states.some((one) => one === state) ? undefined : decodeOrder(row);
}

function whatBecame(body: unknown): 'executing' | 'pending-start-date' | 'unknown' {
  const detail = isJsonObject(body) ? body['detail'] : undefined;
  if (typeof detail !== 'string') return 'unknown';
  if (/pending start date/i.test(detail)) return 'pending-start-date';
  return /has been approved/i.test(detail) ? 'executing' : 'unknown';
}
