import { toUuid, type Uuid } from '../lib/ids.ts';
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import { ORDER_STATES, type OrderState, type OrderType } from '../waldur/types.ts';

/**
 * What a frame hints at. Only identifiers and types are taken from it: names, limits, attributes and flags may be older
 * or newer than the change that caused the message, and REST is the truth.
 */
export type Message =
  | {
      readonly kind: 'order';
      readonly order: Uuid;
      readonly offering: Uuid | undefined;
      /** The marketplace resource. */
      readonly resource: Uuid | undefined;
      /** Undefined when the message has none or one this agent does not know. */
      readonly state: OrderState | undefined;
      readonly orderType: OrderType | undefined;
      readonly action: string | undefined;
      /** False: nothing to fetch, but a queued job for an order that is settled or waits for others can be dropped. */
      readonly actionable: boolean;
    }
  | { readonly kind: 'resource'; readonly resource: Uuid; readonly offering: Uuid }
  | {
      readonly kind: 'key';
      readonly resource: Uuid;
      readonly offering: Uuid;
      /** Waldur's record of the key. */
      readonly key: Uuid;
      /** The access key id at the backend. */
      readonly clientId: string | undefined;
      /** `rotate`; newer servers send other commands too. */
      readonly action: string | undefined;
    }
  | { readonly kind: 'import'; readonly request: Uuid; readonly offering: Uuid }
  | { readonly kind: 'sync'; readonly offering: Uuid }
  | { readonly kind: 'ignored'; readonly type: string; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Reads the body of a MESSAGE frame; never throws, and never repeats the body, which holds personal data.
 * `objectType` is the type a legacy queue carries: its messages do not say it themselves.
 */
export function decode(body: string, objectType?: string): Message {
  const fields = parse(body);
  if (fields === undefined) return malformed('not a JSON object');
  const type = text(fields['object_type']) ?? objectType;
  switch (type) {
    case undefined:
      return malformed('no object_type');
    case 'order':
      return decodeOrder(fields);
    case 'resource':
      return needs(fields, { resource: 'resource_uuid', ...OFFERING }, (ids) => ({ kind: 'resource', ...ids }));
    case 'resource_api_key_rotation':
      return needs(fields, { resource: 'resource_uuid', key: 'api_key_uuid', ...OFFERING }, (ids) => {
        return { kind: 'key', ...ids, clientId: text(fields['client_id']), action: text(fields['action']) };
      });
    case 'importable_resources':
      return needs(fields, { request: 'backend_resource_request_uuid', ...OFFERING }, (ids) => {
        return { kind: 'import', ...ids };
      });
    case 'offering_resources_sync':
      return needs(fields, OFFERING, (ids) => ({ kind: 'sync', ...ids }));
    default:
      return { kind: 'ignored', type: TYPE.test(type) ? type : 'other', reason: 'not a type this agent handles' };
  }
}

/** A type becomes a metric label, so it must not be free text. */
const TYPE = /^[a-z][a-z_]{0,63}$/;
const OFFERING = { offering: 'offering_uuid' } as const;
const ORDER_TYPES: readonly string[] = ['Create', 'Update', 'Terminate', 'Restore'] satisfies OrderType[];
/** A state of a newer server counts as actionable: asking REST is cheap, missing an order is not. */
const ACTIONABLE: readonly (OrderState | undefined)[] = ['pending-provider', 'executing', undefined];

function decodeOrder(fields: JsonObject): Message {
  const action = text(fields['action']);
  // Our own message to the consumer comes back to us.
  if (action === 'provider_info_set') return { kind: 'ignored', type: 'order', reason: action };
  return needs(fields, { order: 'order_uuid' }, ({ order }) => {
    if (fields['offering_uuid'] !== undefined && toUuid(fields['offering_uuid']) === undefined) {
      return malformed('offering_uuid is not a uuid');
    }
    const state = toOrderState(fields['order_state']);
    const orderType = text(fields['order_type']);
    return {
      kind: 'order',
      order,
      offering: toUuid(fields['offering_uuid']),
      resource: toUuid(fields['resource_uuid']),
      state,
      orderType: isOrderType(orderType) ? orderType : undefined,
      action,
      actionable: ACTIONABLE.includes(state),
    };
  });
}

/** Servers write `pending-provider`; their documentation also `pending provider`. */
function toOrderState(value: unknown): OrderState | undefined {
  const name = text(value)?.trim().toLowerCase().replace(/[ _]/g, '-');
  return ORDER_STATES.find((state) => state === name);
}

function isOrderType(value: string | undefined): value is OrderType {
  return value !== undefined && ORDER_TYPES.includes(value);
}

/** Hands over the named identifiers once all of them are valid. */
function needs<Name extends string>(
  fields: JsonObject,
  names: Readonly<Record<Name, string>>,
  build: (ids: Record<Name, Uuid>) => Message,
): Message {
  const ids: Partial<Record<Name, Uuid>> = {};
  for (const name of Object.keys(names) as Name[]) {
    const uuid = toUuid(fields[names[name]]);
    if (uuid === undefined) return malformed(`${names[name]} is missing or not a uuid`);
    ids[name] = uuid;
  }
  return build(ids as Record<Name, Uuid>);
}

function parse(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function malformed(reason: string): Message {
  return { kind: 'malformed', reason };
}
