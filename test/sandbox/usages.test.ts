import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const SET = 'marketplace-component-usages/set_usage/';
const NOW = new Date('2026-08-25T10:00:00Z');

async function start(offering: string = FIXTURE.limit) {
  const opened = await open({ startsAt: NOW });
  const resource = await readyResource(opened, { offering });
  const report = (amount: unknown, more = {}) =>
    opened.as().post(SET, { resource, usages: [{ type: 'storage', amount }], ...more });
  return { ...opened, resource, report };
}

describe('set_usage', () => {
  test('stores one record per month, overwrites it, and may lower it', async () => {
    const { sandbox, as, resource, report } = await start();
    const first = await report('12.50');
    expect([first.status, first.text]).toEqual([201, '']);
    await report('3');
    const { body } = await as().get(
      `marketplace-component-usages/?resource_uuid=${resource}&billing_period=2026-08-01&field=type&field=usage&field=billing_period`,
    );
    expect(body).toEqual([{ type: 'storage', usage: 3, billing_period: '2026-08-01' }]);
    expect(sandbox.store.resources.get(resource)?.currentUsages).toEqual({ storage: 3 });
    const all = await as().get(
      `marketplace-component-usages/?offering_uuid=${FIXTURE.limit}&billing_period=2026-08-01`,
    );
    expect(all.body[0].resource_uuid).toMatch(/^[0-9a-f]{8}-/);
    expect(all.headers.get('x-result-count')).toBe('1');
  });

  test('records of another plan period of the month go', async () => {
    const { sandbox, as, resource, report } = await start();
    await report('1');
    const order = sandbox.placeOrder({
      type: 'Update',
      kind: 'plan',
      plan: FIXTURE.biggerPlan,
      resource,
      state: 'executing',
    });
    await as().post(`marketplace-orders/${order.uuid}/set_state_done/`);
    await report('2');
    expect(sandbox.store.usages.all().map(({ cents }) => cents)).toEqual([200n]);
  });

  test.each([
    ['1.234', 'Ensure that there are no more than 2 decimal places.'],
    ['abc', 'A valid number is required.'],
    ['1'.repeat(21), 'Ensure that there are no more than 20 digits in total.'],
  ])('amount %s is refused', async (amount, problem) => {
    const { report } = await start();
    const { status, body } = await report(amount);
    expect([status, body]).toEqual([400, { usages: [{ amount: [problem] }] }]);
  });

  test('unknown components refuse the whole report', async () => {
    const { sandbox, as, resource } = await start();
    const usages = [
      { type: 'storage', amount: '1' },
      { type: 'foo', amount: '1' },
    ];
    const { status, body } = await as().post(SET, { resource, usages });
    expect([status, body]).toEqual([400, { non_field_errors: ['These components are invalid: foo.'] }]);
    expect(sandbox.store.usages.size).toBe(0);
  });

  test.each([
    ['2026-08-26T00:00:00Z', 'Cannot submit usage for future dates. Date must be current date or earlier.'],
    ['yesterday', expect.stringContaining('Datetime has wrong format.')],
  ])('date %s is refused', async (date, problem) => {
    const { report } = await start();
    expect(await report('1', { date })).toMatchObject({ status: 400, body: { date: [problem] } });
  });

  test('a past month takes limit components only, except from staff', async () => {
    const limit = await start();
    expect((await limit.report('1', { date: '2026-07-15T12:00:00Z' })).status).toBe(201);
    expect(limit.sandbox.store.usages.all()[0]?.billingPeriod).toBe('2026-07-01');
    const usage = await start(FIXTURE.usage);
    const refused = await usage.report('1', { date: '2026-07-15T12:00:00Z' });
    expect([refused.status, refused.body.date[0]]).toEqual([
      400,
      'Service providers can only specify date for limit-based billing components when backfilling past billing periods.',
    ]);
    const body = { resource: usage.resource, date: '2026-07-15T12:00:00Z', usages: [{ type: 'storage', amount: '1' }] };
    expect((await usage.as('staff').post(SET, body)).status).toBe(201);
  });

  test('who may report, and that a bad body hides a missing permission', async () => {
    const { as, resource } = await start();
    const usages = [{ type: 'storage', amount: '1' }];
    expect((await as('offering-manager').post(SET, { resource, usages })).status).toBe(201);
    const dated = await as('offering-manager').post(SET, { resource, usages, date: '2026-08-01T00:00:00Z' });
    expect(dated.body).toEqual({ date: ['Only staff users and service providers can specify date for backfilling.'] });
    expect((await as('nobody').post(SET, { resource, usages })).status).toBe(403);
    expect((await as('nobody').post(SET, { resource })).body).toEqual({ usages: ['This field is required.'] });
  });

  test('the resource must exist, have a plan and be alive', async () => {
    const { sandbox, as, resource, report } = await start();
    const usages = [{ type: 'storage', amount: '1' }];
    const unknown = await as().post(SET, { resource: 'e'.repeat(32), usages });
    expect(unknown.body).toEqual({ resource: [`Object with uuid=${'e'.repeat(32)} does not exist.`] });
    const neither = await as().post(SET, { usages });
    expect(neither.body).toEqual({ non_field_errors: ['Either plan_period or resource should be provided.'] });
    await as().post(`marketplace-provider-resources/${resource}/set_as_erred/`, {});
    expect((await report('1')).body).toEqual({ resource: ['Resource is not in valid state.'] });
    const row = sandbox.store.resources.get(resource);
    if (row) row.plan = undefined;
    expect((await report('1')).body).toEqual({ resource: ['Resource must have a plan to report usage.'] });
  });

  test('a plan period instead of the resource, while it is open', async () => {
    const { sandbox, as, resource } = await start();
    const [period] = sandbox.store.periods.by('resource', resource);
    const body = { plan_period: period?.uuid, usages: [{ type: 'storage', amount: '1' }] };
    expect((await as().post(SET, body)).status).toBe(201);
    if (period) period.end = NOW.toISOString();
    expect((await as().post(SET, body)).body).toEqual({ plan_period: ['Billing period is closed.'] });
  });

  test('a capped component counts the record about to be replaced', async () => {
    const { sandbox, report } = await start(FIXTURE.usage);
    const component = sandbox.store.offerings.get(FIXTURE.usage)?.components[0];
    if (component) component.limitAmount = 10;
    expect((await report('6')).status).toBe(201);
    const { status, body } = await report('6');
    expect([status, body]).toEqual([400, ['Total amount exceeds limit. Total amount: 12.00, limit: 10.']]);
  });

  test("months are those of the server's zone", async () => {
    const opened = await open({ startsAt: new Date('2026-08-31T22:30:00Z'), timeZone: 'Europe/Tallinn' });
    const resource = await readyResource(opened);
    await opened.as().post(SET, { resource, usages: [{ type: 'storage', amount: '1' }] });
    expect(opened.sandbox.store.usages.all()[0]?.billingPeriod).toBe('2026-09-01');
  });
});

describe('per-user usage', () => {
  test('one or many, unique by name, and the sum where the total is zero', async () => {
    const { sandbox, as, resource, report } = await start();
    await report('0');
    const usage = sandbox.store.usages.all()[0]?.uuid;
    const one = await as().post(`marketplace-component-usages/${usage}/set_user_usage/`, {
      username: 'a',
      usage: '1.25',
    });
    expect([one.status, one.text]).toEqual([201, '']);
    const usages = [
      { username: 'a', usage: '2' },
      { username: 'b', usage: '3' },
    ];
    expect((await as().post(`marketplace-component-usages/${usage}/set_user_usages/`, { usages })).status).toBe(201);
    const query = `resource_uuid=${resource}&component_usage__billing_period=2026-08-01&field=username&field=usage`;
    expect((await as().get(`marketplace-component-user-usages/?${query}`)).body).toEqual([
      { username: 'a', usage: 2 },
      { username: 'b', usage: 3 },
    ]);
    expect(sandbox.store.usages.all()[0]?.cents).toBe(500n);
    const byOffering = `offering_uuid=${FIXTURE.limit}&component_usage__billing_period=2026-08-01`;
    expect((await as().get(`marketplace-component-user-usages/?${byOffering}`)).body).toHaveLength(2);
    // The sandbox limits the usage of no user.
    expect((await as().get('component-user-usage-limits/')).body).toEqual([]);
    const empty = await as().post(`marketplace-component-usages/${usage}/set_user_usages/`, { usages: [] });
    expect(empty.status).toBe(400);
    const bad = await as().post(`marketplace-component-usages/${usage}/set_user_usage/`, {
      usage: '1.234',
      username: 'a',
    });
    expect(bad.body).toEqual({ usage: ['Ensure that there are no more than 2 decimal places.'] });
  });
});
