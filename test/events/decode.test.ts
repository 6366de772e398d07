import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type Message } from '../../src/events/decode.ts';
import { ORDER_STATES } from '../../src/waldur/types.ts';

const ORDER = '0a7f4c0e5d8b4f6e9a3b2c1d0e9f8a7b';
const OFFERING = 'e2ef0000000000000000000000000001';
const RESOURCE = '5a1e5a1e5a1e4a1e8a1e5a1e5a1e5a1e';
const KEY = '7c7c7c7c7c7c4c7c8c7c7c7c7c7c7c7c';
const REQUEST = 'd1d1d1d1d1d14d1d8d1dd1d1d1d1d1d1';

/** As Mastermind 8.1 sends it on a unified queue. */
const createOrder = {
  order_uuid: ORDER,
  order_state: 'pending-provider',
  offering_uuid: OFFERING,
  object_type: 'order',
  schema_version: 1,
  order_type: 'Create',
  resource_uuid: RESOURCE,
  resource_backend_id: '',
  resource_name: 'my-bucket-space',
  project_uuid: 'b0b0b0b0b0b04b0b8b0bb0b0b0b0b0b0',
  project_name: 'Genomics',
  attributes: { name: 'my-bucket-space', storage_limit: 500 },
  limits: { storage: 100 },
  plan_uuid: 'e2e00000000000000000000000000011',
};
const decodedOrder: Message = {
  kind: 'order',
  order: ORDER,
  offering: OFFERING,
  resource: RESOURCE,
  state: 'pending-provider',
  orderType: 'Create',
  action: undefined,
  actionable: true,
};

const order = (change: object): string => JSON.stringify({ ...createOrder, ...change });

test.each<[string, object, Message]>([
  ['an order', createOrder, decodedOrder],
  [
    'an order of an older resend, with nothing but the order',
    { object_type: 'order', order_uuid: ORDER },
    { ...decodedOrder, offering: undefined, resource: undefined, state: undefined, orderType: undefined },
  ],
  ['dashed identifiers', { ...createOrder, order_uuid: '0A7F4C0E-5D8B-4F6E-9A3B-2C1D0E9F8A7B' }, decodedOrder],
  [
    'a resource',
    { resource_uuid: RESOURCE, paused: true, sequence_number: 7, offering_uuid: OFFERING, object_type: 'resource' },
    { kind: 'resource', resource: RESOURCE, offering: OFFERING },
  ],
  [
    'a key rotation',
    {
      resource_uuid: RESOURCE,
      resource_backend_id: 'waldur_acme_genomics_5a1e5a1e',
      api_key_uuid: KEY,
      client_id: 'AKIAOLD',
      action: 'rotate',
      offering_uuid: OFFERING,
      object_type: 'resource_api_key_rotation',
    },
    { kind: 'key', resource: RESOURCE, offering: OFFERING, key: KEY, clientId: 'AKIAOLD', action: 'rotate' },
  ],
  [
    'an import request',
    { backend_resource_request_uuid: REQUEST, offering_uuid: OFFERING, object_type: 'importable_resources' },
    { kind: 'import', request: REQUEST, offering: OFFERING },
  ],
  [
    'a request to synchronise',
    { requested_by_user_uuid: KEY, offering_uuid: OFFERING, object_type: 'offering_resources_sync' },
    { kind: 'sync', offering: OFFERING },
  ],
  [
    'our own message to the consumer',
    { order_uuid: ORDER, action: 'provider_info_set', offering_uuid: OFFERING, object_type: 'order' },
    { kind: 'ignored', type: 'order', reason: 'provider_info_set' },
  ],
  [
    'a type of no interest',
    { object_type: 'offering_user', offering_user_uuid: KEY },
    { kind: 'ignored', type: 'offering_user', reason: 'not a type this agent handles' },
  ],
  [
    'a type that cannot be a label',
    { object_type: 'Robert"); DROP TABLE' },
    { kind: 'ignored', type: 'other', reason: 'not a type this agent handles' },
  ],
  [
    'a type that is a property of every object',
    { object_type: 'constructor' },
    { kind: 'ignored', type: 'constructor', reason: 'not a type this agent handles' },
  ],
])('%s', (_, body, expected) => {
  expect(decode(JSON.stringify(body))).toEqual(expected);
});

test('the queue says the type where the body does not', () => {
  expect(decode(JSON.stringify({ offering_uuid: OFFERING }), 'offering_resources_sync')).toEqual({
    kind: 'sync',
    offering: OFFERING,
  });
});

describe('what to do about an order', () => {
  const actionable = ['pending-provider', 'executing'];

  test.each(ORDER_STATES)('%s', (state) => {
    expect(decode(order({ order_state: state }))).toMatchObject({ state, actionable: actionable.includes(state) });
  });

  test.each(['pending provider', 'pending_provider', 'Pending-Provider', ' pending-provider '])('%j', (written) => {
    expect(decode(order({ order_state: written }))).toMatchObject({ state: 'pending-provider', actionable: true });
  });

  test.each([undefined, null, '', 3, 'on-hold'])('look at it when the state is %j', (written) => {
    expect(decode(order({ order_state: written }))).toMatchObject({ state: undefined, actionable: true });
  });

  test('a finished update can be told from other finished orders', () => {
    expect(decode(order({ order_state: 'done', order_type: 'Update' }))).toMatchObject({
      state: 'done',
      orderType: 'Update',
      actionable: false,
    });
  });

  test('an action that is not known is kept', () => {
    expect(decode(order({ action: 'poked', order_type: 'Merge' }))).toMatchObject({
      action: 'poked',
      orderType: undefined,
      actionable: true,
    });
  });
});

test.each<[string, string, string]>([
  ['nothing', '', 'not a JSON object'],
  ['half a body', '{"order_uuid":"0a7f', 'not a JSON object'],
  ['a list', '[]', 'not a JSON object'],
  ['null', 'null', 'not a JSON object'],
  ['a body without a type', '{}', 'no object_type'],
  ['a type that is no text', '{"object_type":7}', 'no object_type'],
  ['an order without its identifier', '{"object_type":"order"}', 'order_uuid is missing or not a uuid'],
  ['a path for an identifier', order({ order_uuid: '../../users/me' }), 'order_uuid is missing or not a uuid'],
  ['an offering that is none', order({ offering_uuid: 'x' }), 'offering_uuid is not a uuid'],
  ['a resource without one', '{"object_type":"resource"}', 'resource_uuid is missing or not a uuid'],
  ['a sync of nothing', '{"object_type":"offering_resources_sync"}', 'offering_uuid is missing or not a uuid'],
])('%s is malformed', (_, body, reason) => {
  expect(decode(body)).toEqual({ kind: 'malformed', reason });
});

describe('whatever comes', () => {
  const types = ['order', 'resource', 'resource_api_key_rotation', 'importable_resources', 'offering_resources_sync'];
  const known = fc.constantFrom(...Object.keys(createOrder), 'api_key_uuid', 'client_id', 'action');
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(ORDER, OFFERING, 'provider_info_set', ...types));

  test('bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.option(fc.constantFrom(...types)), (bytes, type) => {
        const message = decode(Buffer.from(bytes).toString(), type ?? undefined);
        expect(['malformed', 'ignored']).toContain(message.kind);
      }),
    );
  });

  test('every identifier that comes out is one, and no text of the body does', () => {
    fc.assert(
      fc.property(fc.dictionary(known, value), fc.constantFrom(...types), (fields, type) => {
        const message = decode(JSON.stringify(fields), type);
        for (const name of ['order', 'offering', 'resource', 'key', 'request']) {
          const id: unknown = Object.entries(message).find(([key]) => key === name)?.[1];
          if (id !== undefined) expect(id).toMatch(/^[0-9a-f]{32}$/);
        }
        if (message.kind === 'malformed') expect(message.reason).toMatch(/^(no object_type|\w+ is .*not a uuid)$/);
      }),
    );
  });

  test('depth does not exhaust the stack', () => {
    expect(decode(`${'['.repeat(500_000)}`)).toEqual({ kind: 'malformed', reason: 'not a JSON object' });
  });
});
