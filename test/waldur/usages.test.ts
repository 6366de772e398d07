import { expect, test } from 'vitest';
import { decodeUsage } from '../../src/waldur/decode.ts';
import { isBackfillRefusal } from '../../src/waldur/usages.ts';
import { USAGE_JSON } from './examples.ts';
import {
  collect,
  failure,
  NO_ROUTE,
  OFFERING,
  onGet,
  onPost,
  RESOURCE,
  rig,
  selected,
  signal,
  useNock,
  uuid,
} from './harness.ts';

useNock();

const { usages } = rig().waldur;
const MONTH = { offering: OFFERING, billingPeriod: '2026-08-01' };

test('the records of a month, also from a server that ignores the filters', async () => {
  const rows = [
    USAGE_JSON,
    { ...USAGE_JSON, uuid: uuid(), billing_period: '2026-07-01' },
    { ...USAGE_JSON, uuid: uuid(), offering_uuid: uuid() },
  ];
  const queries = onGet('marketplace-component-usages/', (query) => [200, rows.map((row) => selected(row, query))]);
  expect(await collect(usages.list(MONTH, signal))).toEqual([decodeUsage(USAGE_JSON)]);
  expect(queries[0]?.get('billing_period')).toBe('2026-08-01');
});

test('the records of users', async () => {
  const row = { ...USAGE_JSON, component_type: 'storage', username: 'alice', usage: 1.5 };
  const rows = [
    row,
    { ...row, uuid: uuid(), billing_period: '2026-07-01' },
    { ...row, uuid: uuid(), offering_uuid: uuid() },
  ];
  const queries = onGet('marketplace-component-user-usages/', (query) => [
    200,
    rows.map((one) => selected(one, query)),
  ]);
  expect(await collect(usages.listUsers(MONTH, signal))).toEqual([
    { resource: RESOURCE, type: 'storage', username: 'alice', usage: 1.5 },
  ]);
  expect(queries[0]?.get('component_usage__billing_period')).toBe('2026-08-01');
});

test('reports', async () => {
  const body = { resource: RESOURCE, usages: [{ type: 'storage', amount: '12.50', description: '' }] };
  onPost('marketplace-component-usages/set_usage/', { ...body, date: '2026-08-15T12:00:00Z' }, 201);
  await usages.submit(
    { ...body, date: '2026-08-15T12:00:00Z', usages: [{ type: 'storage', amount: '12.50' }] },
    signal,
  );
  onPost('marketplace-component-usages/set_usage/', body, 201);
  await usages.submit(body, signal);
  onPost(
    `marketplace-component-usages/${USAGE_JSON.uuid}/set_user_usages/`,
    { usages: [{ username: 'a', usage: '1.00' }] },
    201,
  );
  await usages.submitUsers(USAGE_JSON.uuid, [{ username: 'a', usage: '1.00' }], signal);
});

test('only the one text is a refused backfill', async () => {
  const submit = async (reply: object): Promise<unknown> => {
    onPost('marketplace-component-usages/set_usage/', { resource: RESOURCE, usages: [] }, 400, reply);
    return await failure(usages.submit({ resource: RESOURCE, usages: [] }, signal));
  };
  const text =
    'Service providers can only specify date for limit-based billing components when backfilling past billing periods.';
  expect(isBackfillRefusal(await submit({ date: [text] }))).toBe(true);
  expect(
    isBackfillRefusal(
      await submit({ date: ['Only staff users and service providers can specify date for backfilling.'] }),
    ),
  ).toBe(false);
  expect(isBackfillRefusal(new Error(text))).toBe(false);
});

test.each([
  [200, [], true],
  [404, NO_ROUTE, false],
] as const)('whether a date is understood is asked once an hour: %i', async (status, body, takes) => {
  const { waldur, clock } = rig();
  const asked = onGet('marketplace-site-agent-identities/', () => [status, body], 2);
  expect(await waldur.usages.takesDate(signal)).toBe(takes);
  expect(await waldur.usages.takesDate(signal)).toBe(takes);
  expect(asked).toHaveLength(1);
  await clock.advance(3_600_001);
  expect(await waldur.usages.takesDate(signal)).toBe(takes);
  expect(asked).toHaveLength(2);
});

test('an ingress that answers in place of Waldur decides nothing about dates', async () => {
  const { waldur } = rig();
  const answers = [
    [404, '<html>404 page not found</html>'],
    [200, []],
  ] as const;
  let call = 0;
  onGet('marketplace-site-agent-identities/', () => answers[call++] ?? [500, ''], 2);
  expect(await failure(waldur.usages.takesDate(signal))).toMatchObject({ disposition: 'transient' });
  expect(await waldur.usages.takesDate(signal)).toBe(true);
});
