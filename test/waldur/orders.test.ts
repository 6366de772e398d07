import { describe, expect, test } from 'vitest';
import { decodeOrder } from '../../src/waldur/decode.ts';
import { ORDER_JSON } from './examples.ts';
import {
  collect,
  failure,
  NO_ROUTE,
  OFFERING,
  ORDER,
  onGet,
  onPost,
  rig,
  selected,
  signal,
  useNock,
  uuid,
} from './harness.ts';

useNock();

const PATH = `marketplace-orders/${ORDER}/`;

test('an order is read with its offering in the query and every field it needs', async () => {
  const queries = onGet(PATH, (query) => [200, selected(ORDER_JSON, query)]);
  expect(await rig().waldur.orders.get(ORDER, OFFERING, signal)).toEqual(decodeOrder(ORDER_JSON));
  expect(queries[0]?.getAll('offering_uuid')).toEqual([OFFERING]);
});

test('an order that is gone is a conflict', async () => {
  onGet(PATH, () => [404, { detail: 'No Order matches the given query.' }]);
  expect(await failure(rig().waldur.orders.get(ORDER, OFFERING, signal))).toMatchObject({
    code: 'WALDUR_CONFLICT',
    disposition: 'transient',
    message: 'get (orders): Waldur answered 404: No Order matches the given query.',
  });
});

test('open orders are listed, also from a server that ignores the filters', async () => {
  const mine = { ...ORDER_JSON, uuid: uuid(), state: 'executing' };
  const rows = [
    ORDER_JSON,
    mine,
    { ...ORDER_JSON, uuid: uuid(), state: 'done' },
    { ...ORDER_JSON, uuid: uuid(), state: 'from-the-future' },
    { ...ORDER_JSON, uuid: uuid(), offering_uuid: uuid() },
  ];
  const queries = onGet(
    'marketplace-orders/',
    (query) => {
      const page = Number(query.get('page'));
      const link = page < 3 ? `<http://internal/api/marketplace-orders/?page=${page + 1}>; rel="next"` : '';
      return [200, rows.slice(page * 2 - 2, page * 2).map((row) => selected(row, query)), { link }];
    },
    3,
  );
  const { orders } = rig().waldur;
  const found = await collect(orders.list({ offering: OFFERING, states: ['pending-provider', 'executing'] }, signal));
  expect(found).toEqual([ORDER_JSON, mine].map(decodeOrder));
  expect(queries.map((query) => query.get('page'))).toEqual(['1', '2', '3']);
  expect(queries[0]?.getAll('state')).toEqual(['pending-provider', 'executing']);
  expect(queries[0]?.get('page_size')).toBe('100');
  expect(queries[0]?.get('o')).toBe('created');
});

test.each([
  [{ detail: 'Order has been approved and is being processed.' }, 'executing'],
  [{ detail: 'Order is pending start date.' }, 'pending-start-date'],
  [{ detail: 'Something new.' }, 'unknown'],
  [undefined, 'unknown'],
])('an approval answered with %j', async (reply, became) => {
  onPost(`${PATH}approve_by_provider/`, {}, 200, reply);
  expect(await rig().waldur.orders.approve(ORDER, signal)).toBe(became);
});

test('actions send what Waldur needs', async () => {
  const { orders } = rig().waldur;
  onPost(`${PATH}reject_by_provider/`, { provider_rejection_comment: 'too big' });
  await orders.reject(ORDER, 'too big', signal);
  onPost(`${PATH}set_state_done/`, {});
  await orders.setDone(ORDER, signal);
  onPost(`${PATH}set_state_erred/`, { error_message: 'full', error_traceback: '' });
  await orders.setErred(ORDER, 'full', signal);
});

test('another actor was faster', async () => {
  onPost(`${PATH}set_state_done/`, {}, 409, { detail: 'Valid states for operation: executing.' });
  expect(await failure(rig().waldur.orders.setDone(ORDER, signal))).toMatchObject({
    code: 'WALDUR_CONFLICT',
    disposition: 'transient',
    message: 'set done (orders): Waldur answered 409: Valid states for operation: executing.',
  });
});

describe('a text for the consumer', () => {
  const path = `${PATH}set_provider_info/`;
  const body = { provider_message: 'soon' };

  test('is taken', async () => {
    onPost(path, body, 200, { detail: 'Provider info has been saved.' });
    expect(await rig().waldur.orders.setProviderInfo(ORDER, 'soon', signal)).toBe(true);
  });

  test('is not taken by this offering', async () => {
    onPost(path, body, 409, { detail: 'no' });
    expect(await rig().waldur.orders.setProviderInfo(ORDER, 'soon', signal)).toBe(false);
  });

  test('is unknown to older servers, which are asked once an hour', async () => {
    const { waldur, clock } = rig();
    onPost(path, body, 404, NO_ROUTE);
    expect(await waldur.orders.setProviderInfo(ORDER, 'soon', signal)).toBe(false);
    expect(await waldur.orders.setProviderInfo(ORDER, 'soon', signal)).toBe(false);
    await clock.advance(3_600_000);
    onPost(path, body);
    expect(await waldur.orders.setProviderInfo(ORDER, 'soon', signal)).toBe(true);
  });

  test('fails like everything else', async () => {
    onPost(path, body, 404, { detail: 'Not found.' });
    expect((await failure(rig().waldur.orders.setProviderInfo(ORDER, 'soon', signal))).code).toBe('WALDUR_CONFLICT');
  });
});

test('a row that says nothing about itself is no order', async () => {
  onGet('marketplace-orders/', () => [200, [ORDER_JSON, 'nonsense', {}]]);
  const found: unknown[] = [];
  const reading = (async () => {
    const query = { offering: OFFERING, states: ['pending-provider'] } as const;
    for await (const order of rig().waldur.orders.list(query, signal)) found.push(order);
  })();
  expect((await failure(reading)).message).toBe('order: Waldur answered something without a usable object');
  expect(found).toEqual([decodeOrder(ORDER_JSON)]);
});

test('what is no UUID goes into no path', async () => {
  expect(await failure(rig().waldur.orders.setDone('../users', signal))).toMatchObject({
    code: 'WALDUR_BAD_UUID',
    disposition: 'bug',
  });
});
