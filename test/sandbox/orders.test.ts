import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const path = (uuid: string, action: string): string => `marketplace-orders/${uuid}/${action}/`;

describe('approve_by_provider', () => {
  test('executes at once and merges attributes into order and resource', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder();
    const { status, body } = await as().post(path(order.uuid, 'approve_by_provider'), { attributes: { region: 'x' } });
    expect(status).toBe(200);
    expect(body).toEqual({ detail: 'Order has been approved and is being processed.' });
    expect(order.state).toBe('executing');
    expect(order.attributes).toMatchObject({ region: 'x' });
    expect(order.resource.attributes).toMatchObject({ region: 'x', name: order.resource.name });
  });

  test('an options order is completed by the server', async () => {
    const opened = await open();
    const resource = await readyResource(opened, { offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    const { sandbox, as } = opened;
    const order = sandbox.placeOrder({ type: 'Update', kind: 'options', resource, options: { storage_limit: 9 } });
    await as().post(path(order.uuid, 'approve_by_provider'), {});
    await sandbox.await(order, 'done', AbortSignal.timeout(2000));
    expect(order.resource.options).toEqual({ storage_limit: 9 });
    expect(order.resource.state).toBe('OK');
  });

  test('a later start date waits', async () => {
    const { sandbox, as } = await open({ startsAt: new Date('2026-08-25T10:00:00Z') });
    const created = await as('consumer').post('marketplace-orders/', {
      offering: `x/${FIXTURE.limit}/`,
      project: `x/${FIXTURE.project}/`,
      plan: `x/${FIXTURE.plan}/`,
      attributes: { name: 'later' },
      start_date: '2026-08-27',
    });
    const { body } = await as().post(path(created.body.uuid, 'approve_by_provider'), {});
    expect(body).toEqual({ detail: 'Order is pending start date.' });
    const order = sandbox.store.orders.get(created.body.uuid);
    expect(order?.state).toBe('pending-start-date');
    sandbox.clock.advance(2 * 86_400_000);
    expect(order?.state).toBe('executing');
  });

  test('twice is a conflict', async () => {
    const { sandbox, as } = await open();
    const { uuid } = sandbox.placeOrder();
    await as().post(path(uuid, 'approve_by_provider'), {});
    const { status, body } = await as().post(path(uuid, 'approve_by_provider'), {});
    expect(status).toBe(409);
    expect(body).toEqual({ detail: 'Valid states for operation: pending-provider.' });
  });

  test('an offering manager may not, and 403 comes before 409', async () => {
    const { sandbox, as } = await open();
    const { uuid } = sandbox.placeOrder({ state: 'done' });
    const { status, body } = await as('offering-manager').post(path(uuid, 'approve_by_provider'), {});
    expect(status).toBe(403);
    expect(body).toEqual({ detail: 'You do not have permission to perform this action.' });
  });

  test('a blocked organization is refused', async () => {
    const { sandbox, as } = await open();
    const { uuid, resource } = sandbox.placeOrder();
    resource.project.customer.blocked = true;
    expect((await as().post(path(uuid, 'approve_by_provider'), {})).status).toBe(400);
  });
});

describe('rejecting', () => {
  test('a Create ends the resource and keeps the comment', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder();
    const answer = await as().post(path(order.uuid, 'reject_by_provider'), { provider_rejection_comment: 'no' });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect([order.state, order.resource.state, order.providerRejection]).toEqual(['rejected', 'Terminated', 'no']);
    expect((await as().post(path(order.uuid, 'reject_by_provider'))).status).toBe(409);
  });

  test.each(['Update', 'Terminate', 'Restore'] as const)('a rejected %s leaves the resource OK', async (type) => {
    const opened = await open();
    const resource = await readyResource(opened);
    const order = opened.sandbox.placeOrder({ type, resource });
    await opened.as().post(path(order.uuid, 'reject_by_provider'), {});
    expect(order.resource.state).toBe('OK');
  });
});

describe('set_state_done', () => {
  test('finishes a Create and opens a plan period', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder({ state: 'executing' });
    const answer = await as().post(path(order.uuid, 'set_state_done'));
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect([order.state, order.resource.state]).toEqual(['done', 'OK']);
    const { body } = await as().get(`marketplace-provider-resources/${order.resource.uuid}/plan_periods/`);
    expect(body).toMatchObject([{ plan_uuid: FIXTURE.plan, end: null }]);
  });

  test('with two executing orders of the type it answers 200 and does nothing', async () => {
    const opened = await open();
    const resource = await readyResource(opened);
    const [first, second] = [1, 2].map((storage) =>
      opened.sandbox.placeOrder({ type: 'Update', resource, limits: { storage }, state: 'executing' }),
    );
    expect((await opened.as().post(path(first?.uuid ?? '', 'set_state_done'))).status).toBe(200);
    expect([first?.state, second?.state]).toEqual(['executing', 'executing']);
  });

  test('limits, plan and options reach the resource', async () => {
    const opened = await open();
    const { sandbox, as } = opened;
    const resource = await readyResource(opened);
    const row = sandbox.store.resources.get(resource);
    const done = async (request: Parameters<typeof sandbox.placeOrder>[0]) => {
      const { uuid } = sandbox.placeOrder({ type: 'Update', resource, state: 'executing', ...request });
      await as().post(path(uuid, 'set_state_done'));
    };
    await done({ limits: { storage: 7 } });
    expect(row?.limits).toEqual({ storage: 7 });
    await done({ kind: 'plan', plan: FIXTURE.biggerPlan });
    expect(row?.plan?.uuid).toBe(FIXTURE.biggerPlan);
    expect(sandbox.store.periods.by('resource', resource).map(({ end }) => end === undefined)).toEqual([false, true]);
    await done({ kind: 'options', options: { storage_limit: 3 } });
    expect(row?.options).toMatchObject({ storage_limit: 3 });
    await done({ kind: 'renew', limits: { storage: 8 } });
    expect(row?.limits).toEqual({ storage: 8 });
    expect(row?.endDate).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test('a Terminate deletes the keys', async () => {
    const opened = await open();
    const resource = await readyResource(opened);
    const key = { resource, client_id: 'AK', api_key: 'secret' };
    await opened.as().post('marketplace-resource-api-keys/report_created/', key);
    const order = opened.sandbox.placeOrder({ type: 'Terminate', resource, state: 'executing' });
    await opened.as().post(path(order.uuid, 'set_state_done'));
    expect(order.resource.state).toBe('Terminated');
    expect(opened.sandbox.store.keys.size).toBe(0);
  });

  test('409 before 405', async () => {
    const { sandbox, as } = await open();
    const basic = sandbox.placeOrder({ offering: FIXTURE.basic, limits: {} });
    expect((await as().post(path(basic.uuid, 'set_state_done'))).status).toBe(409);
    const executing = await as().post(path(basic.uuid, 'set_state_executing'));
    expect(executing.status).toBe(405);
    expect(executing.body).toEqual({
      detail: "The order's offering with Marketplace.Basic type does not support this action",
    });
  });
});

describe('set_state_erred', () => {
  const texts = { error_message: 'sorry', error_traceback: '' };

  test.each([
    ['Create', '', 'Terminated'],
    ['Create', 'account', 'Erred'],
    ['Update', 'account', 'Erred'],
    ['Terminate', 'account', 'OK'],
    ['Restore', 'account', 'Erred'],
  ] as const)('a %s with backend id "%s" leaves the resource %s', async (type, backendId, state) => {
    const { sandbox, as } = await open();
    const create = sandbox.placeOrder({ state: 'executing' });
    sandbox.store.resources.change(create.resource, (row) => {
      row.backendId = backendId;
    });
    const order =
      type === 'Create' ? create : sandbox.placeOrder({ type, resource: create.resource.uuid, state: 'executing' });
    const answer = await as().post(path(order.uuid, 'set_state_erred'), texts);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect([order.state, order.errorMessage, order.resource.state]).toEqual(['erred', 'sorry', state]);
  });

  test('works even from done', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder({ state: 'done' });
    await as().post(path(order.uuid, 'set_state_erred'), texts);
    expect(order.state).toBe('erred');
  });

  test('a missing key crashes the server', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder({ state: 'executing' });
    const answer = await as().post(path(order.uuid, 'set_state_erred'), { error_message: 'x' });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('Server Error (500)');
    expect(order.state).toBe('executing');
  });
});

describe('the other actions', () => {
  test('retry puts order and resource back to work', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder({ state: 'executing' });
    sandbox.store.resources.change(order.resource, (row) => {
      row.backendId = 'a';
    });
    await as().post(path(order.uuid, 'set_state_erred'), { error_message: 'x', error_traceback: '' });
    expect((await as().post(path(order.uuid, 'retry'))).status).toBe(200);
    expect([order.state, order.resource.state, order.errorMessage]).toEqual(['executing', 'Creating', '']);
    expect((await as().post(path(order.uuid, 'retry'))).status).toBe(409);
  });

  test('a Restore and a terminated Create cannot be retried', async () => {
    const opened = await open();
    const resource = await readyResource(opened);
    const restore = opened.sandbox.placeOrder({ type: 'Restore', resource, state: 'erred' });
    expect((await opened.as().post(path(restore.uuid, 'retry'))).status).toBe(400);
    const create = opened.sandbox.placeOrder({ state: 'executing' });
    await opened.as().post(path(create.uuid, 'set_state_erred'), { error_message: 'x', error_traceback: '' });
    expect((await opened.as().post(path(create.uuid, 'retry'))).status).toBe(400);
  });

  test('set_state_executing does not run the processor', async () => {
    const opened = await open();
    const resource = await readyResource(opened, { offering: FIXTURE.options });
    const order = opened.sandbox.placeOrder({
      type: 'Update',
      kind: 'options',
      resource,
      options: { storage_limit: 1 },
    });
    await opened.as('offering-manager').post(path(order.uuid, 'set_state_executing'));
    await opened.control.get(`await?order=${order.uuid}&state=done&timeout=0.05`);
    expect(order.state).toBe('executing');
  });

  test('set_backend_id', async () => {
    const { sandbox, as } = await open();
    const { uuid } = sandbox.placeOrder();
    const missing = await as().post(path(uuid, 'set_backend_id'), {});
    expect([missing.status, missing.body]).toEqual([400, { backend_id: ['This field is required.'] }]);
    const changed = await as().post(path(uuid, 'set_backend_id'), { backend_id: 'x' });
    expect(changed.body).toEqual({ status: 'Order backend_id has been changed.' });
    const same = await as().post(path(uuid, 'set_backend_id'), { backend_id: 'x' });
    expect(same.body).toEqual({ status: 'Order backend_id is not changed.' });
  });

  test('set_provider_info needs the plugin option and a pending order', async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder();
    const info = { provider_message: 'waiting for hardware' };
    expect((await as().post(path(order.uuid, 'set_provider_info'), info)).status).toBe(409);
    order.resource.offering.pluginOptions = { enable_provider_consumer_messaging: true };
    const { status, body } = await as().post(path(order.uuid, 'set_provider_info'), info);
    expect([status, body]).toEqual([200, { detail: 'Provider info has been saved.' }]);
    expect(order.providerMessage).toBe('waiting for hardware');
    await as().post(path(order.uuid, 'approve_by_provider'), {});
    expect((await as().post(path(order.uuid, 'set_provider_info'), info)).status).toBe(409);
  });

  test("only Basic and Support orders can be canceled, by the consumer's side", async () => {
    const { sandbox, as } = await open();
    const order = sandbox.placeOrder();
    expect((await as('consumer').post(path(order.uuid, 'cancel'))).status).toBe(405);
    const basic = sandbox.placeOrder({ offering: FIXTURE.basic, limits: {} });
    expect((await as('consumer').post(path(basic.uuid, 'cancel'))).status).toBe(202);
    expect([basic.state, basic.resource.state]).toEqual(['canceled', 'Terminated']);
  });
});
