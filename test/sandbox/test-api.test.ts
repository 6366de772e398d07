import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

describe('creating', () => {
  test('offerings, plans, projects, users and tokens', async () => {
    const { control, as, sandbox } = await open();
    const { body: offering } = await control.post('offerings', {
      name: 'Mine',
      plugin_options: { can_restore_resource: true },
      components: [{ type: 'storage', billing_type: 'usage', limit_amount: 5, limit_period: 'total' }],
    });
    expect(sandbox.store.offerings.get(offering.uuid)?.components[0]).toMatchObject({ limitAmount: 5 });
    const plan = await control.post('plans', { offering: offering.uuid, name: 'Big', quotas: { storage: 9 } });
    expect((await as().get(`marketplace-plans/${plan.body.uuid}/`)).body.quotas).toEqual({ storage: 9 });
    const project = await control.post('projects', { name: 'Later', start_date: '2999-01-01' });
    const roles = [{ name: 'PROJECT.ADMIN', scopeType: 'project', scope: project.body.uuid }];
    await control.post('users', { username: 'eve', roles });
    const order = await as('eve').post('marketplace-orders/', {
      offering: `x/${FIXTURE.limit}/`,
      project: `x/${project.body.uuid}/`,
      plan: `x/${FIXTURE.plan}/`,
      attributes: { name: 'n' },
    });
    expect(order.body.state).toBe('pending-project');
    expect((await control.post('plans', { name: 'x' })).status).toBe(404);
  });
});

describe('orders', () => {
  test('of every type, by default pending-provider', async () => {
    const opened = await open();
    const resource = await readyResource(opened);
    const { control, sandbox } = opened;
    const create = await control.post('orders', { type: 'Create', attributes: { name: 'x' } });
    expect(sandbox.store.orders.get(create.body.order_uuid)?.state).toBe('pending-provider');
    const update = await control.post('orders', {
      type: 'Update',
      resource,
      limits: { storage: 1 },
      state: 'executing',
    });
    expect(update.body.resource_uuid).toBe(resource);
    expect(sandbox.store.orders.get(update.body.order_uuid)?.attributes).toHaveProperty('old_limits');
    expect((await control.post('orders', { type: 'Terminate', resource: 'x' })).status).toBe(404);
    expect((await control.post('orders', { type: 'Explode' })).status).toBe(400);
  });

  test('a person approves, finishes, errs, retries, rejects', async () => {
    const { control, sandbox } = await open();
    const order = sandbox.placeOrder();
    const person = (action: string, uuid = order.uuid) => control.post(`orders/${uuid}/person`, { action });
    for (const [action, state] of [
      ['approve', 'executing'],
      ['done', 'done'],
      ['erred', 'erred'],
    ] as const) {
      expect((await person(action)).status).toBe(200);
      expect(order.state).toBe(state);
    }
    expect((await person('retry')).status).toBe(400);
    const waiting = sandbox.placeOrder({ state: 'pending-consumer' });
    await person('approve', waiting.uuid);
    expect(waiting.state).toBe('pending-provider');
    await person('reject', waiting.uuid);
    expect(waiting.state).toBe('rejected');
  });

  test('await answers when the state is reached, or when time is up', async () => {
    const { control, sandbox, as } = await open();
    const order = sandbox.placeOrder({ state: 'executing' });
    const waiting = control.get(`await?order=${order.uuid}&state=done&timeout=5`);
    await as().post(`marketplace-orders/${order.uuid}/set_state_done/`);
    expect((await waiting).body).toEqual({ reached: true });
    expect((await control.get(`await?order=${order.uuid}&state=erred&timeout=0.01`)).body).toEqual({ reached: false });
  });
});

test('options change silently, resources vanish, everything can be seen and reset', async () => {
  const opened = await open();
  const { control, sandbox } = opened;
  const resource = await readyResource(opened, { offering: FIXTURE.options });
  await control.post('options', { resource, options: { storage_limit: 3 } });
  expect(sandbox.store.resources.get(resource)?.options).toEqual({ storage_limit: 3 });
  const state = await control.get('state');
  expect(state.body.resources[0]).toMatchObject({
    uuid: resource,
    offering: FIXTURE.options,
    project: FIXTURE.project,
  });
  await control.post('unlink', { resource });
  expect([sandbox.store.resources.size, sandbox.store.orders.size]).toEqual([0, 0]);
  await control.post('reset', {});
  expect(sandbox.store.offerings.size).toBe(4);
  await control.post('reset', { fixture: 'empty' });
  expect(sandbox.store.offerings.size).toBe(0);
  expect((await control.post('nonsense', {})).status).toBe(404);
  expect((await control.post('clock', { advance: 'soon' })).status).toBe(400);
});

test('the journal has what was asked and answered, without the token', async () => {
  const { control, as, sandbox } = await open();
  await control.post('journal', { bodies: true });
  const order = sandbox.placeOrder();
  await as().post(`marketplace-orders/${order.uuid}/approve_by_provider/`, { attributes: {} });
  const { body, text } = await control.get('journal?kind=http');
  expect(body[0]).toMatchObject({
    method: 'POST',
    path: `/api/marketplace-orders/${order.uuid}/approve_by_provider/`,
    status: 200,
    user: 'provider-owner',
    requestBody: '{"attributes":{}}',
    responseBody: { detail: 'Order has been approved and is being processed.' },
    ms: expect.any(Number),
  });
  expect(text).not.toContain(sandbox.token('provider-owner'));
  const transitions = await control.get('journal?kind=transition');
  expect(transitions.body.map((row: { from: string; to: string }) => `${row.from} ${row.to}`)).toEqual([
    'pending-consumer pending-provider',
    'pending-provider executing',
  ]);
  expect((await control.get(`journal?since=${transitions.body[1].seq}&kind=transition`)).body).toEqual([]);
});

test('the journal forgets its oldest entries', async () => {
  const { sandbox } = await open({ journalSize: 5 });
  for (let i = 0; i < 9; i++) sandbox.journal.add('warning', { detail: i });
  expect(sandbox.journal.entries().map(({ detail }) => detail)).toEqual([4, 5, 6, 7, 8]);
});

test('the clock jumps', async () => {
  const { control } = await open();
  const set = await control.post('clock', { set: '2026-08-31T23:59:50Z' });
  expect(set.body.now).toMatch(/^2026-08-31T23:59:50/);
  const moved = await control.post('clock', { advance: 'P1DT2H3M4S' });
  expect(moved.body.now).toMatch(/^2026-09-02T02:02:5/);
});

test('a storm is placed and counted', async () => {
  const { control, sandbox, as } = await open();
  await control.post('storm', { orders: 20, rate: 2000, lateMs: 60_000 });
  const report = async () => (await control.get('storm')).body;
  while ((await report()).placed < 20);
  const [first, second] = sandbox.store.orders.all();
  for (const order of [first, second]) {
    await as().post(`marketplace-orders/${order?.uuid}/approve_by_provider/`, {});
    await as().post(`marketplace-orders/${order?.uuid}/set_state_done/`);
  }
  expect(await report()).toMatchObject({ placed: 20, done: 2, lost: 18, duplicated: 0, late: 0, failed: 0 });
  expect((await control.post('storm', {})).status).toBe(400);
});

describe('invariants', () => {
  const rules = (violations: readonly { rule: string }[]) => violations.map(({ rule }) => rule);

  test('nothing to complain about', async () => {
    const opened = await open();
    await readyResource(opened);
    expect((await opened.control.get('invariants?requests_per_order=8')).body).toEqual([]);
  });

  test('orders done twice or left executing, lost metadata and limits', async () => {
    const opened = await open();
    const { sandbox, as } = opened;
    const order = sandbox.placeOrder({ state: 'executing' });
    const path = `marketplace-provider-resources/${order.resource.uuid}`;
    order.resource.backendMetadata = { theirs: 1 };
    await as().post(`${path}/set_backend_metadata/`, { backend_metadata: {} });
    await as().post(`${path}/set_limits/`, { limits: {} });
    expect(rules(sandbox.invariants())).toEqual(['order left executing', 'backend_metadata lost', 'limits lost']);
  });

  test('an erred resource that is terminated may lose its credentials', async () => {
    const { sandbox, as } = await open();
    const { resource } = sandbox.placeOrder();
    Object.assign(resource, { state: 'Erred', backendMetadata: { s3_credentials: {} } });
    const path = `marketplace-provider-resources/${resource.uuid}/set_backend_metadata/`;
    sandbox.placeOrder({ type: 'Terminate', resource: resource.uuid, state: 'executing' });
    await as().post(path, { backend_metadata: {} });
    expect(rules(sandbox.invariants())).toEqual(['order left executing']);
  });

  test('erred after a fault, secrets, User-Agent, budget', async () => {
    const opened = await open();
    const { sandbox, as, control } = opened;
    sandbox.journal.bodies = true;
    const resource = await readyResource(opened);
    const key = { resource, client_id: 'AK', api_key: 'very-secret' };
    await as().post('marketplace-resource-api-keys/report_created/', key);
    await as().post(`marketplace-provider-resources/${resource}/set_backend_metadata/`, {
      backend_metadata: { key: 'very-secret' },
    });
    await as().get(`marketplace-orders/?offering_uuid=${FIXTURE.limit}`);
    const order = sandbox.placeOrder({ state: 'executing' });
    sandbox.faults.add({ times: 1, action: { kind: 'status', status: 503 } });
    await as().get(`marketplace-orders/${order.uuid}/`);
    await as().post(`marketplace-orders/${order.uuid}/set_state_erred/`, { error_message: 'x', error_traceback: '' });
    expect(rules((await control.get('invariants?requests_per_order=1')).body)).toEqual([
      'order erred after a transient fault',
      'secret outside the key calls',
      'User-Agent without waldur-site-agent',
      'request budget exceeded',
      'request budget exceeded',
    ]);
  });
});

test('broker actions reach queues and logins', async () => {
  const { as, control, sandbox } = await open({ dispatchDelayMs: [0, 0] });
  const scopes = [{ type: 'offering', uuid: FIXTURE.limit }];
  const { body } = await as().post('event-consumers/register/', { object_types: ['order'], scopes });
  const ready = () => sandbox.broker.depth(body.vhost, body.queue_name).ready;
  const act = (kind: string, more = {}) => control.post('broker', { kind, ...more });
  await act('message', { offering: FIXTURE.limit, body: 'not json' });
  await act('message', { offering: FIXTURE.limit, object_type: 'order', body: { order_uuid: 'x' } });
  expect(ready()).toBe(2);
  await act('purge', { offering: FIXTURE.limit });
  expect(ready()).toBe(0);
  await act('fill');
  expect(ready()).toBe(10_000);
  expect((await act('revokePermission')).body).toEqual({ targets: 1 });
  expect(sandbox.broker.hasPermission(body.vhost, body.rmq_username)).toBe(false);
  await act('deleteQueue');
  expect(sandbox.broker.hasQueue(body.vhost, body.queue_name)).toBe(false);
  expect((await act('rotatePassword', { offering: FIXTURE.usage })).body).toEqual({ targets: 0 });
  await act('drop', { times: 1 });
  expect(sandbox.journal.entries(0, 'fault')).toMatchObject([{ object: 'drop' }]);
  expect((await control.send('DELETE', 'faults')).status).toBe(200);
});

test('the test API is not under /api', async () => {
  const { as } = await open();
  expect((await as().get('_test/state/')).status).toBe(404);
});
