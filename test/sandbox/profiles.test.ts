import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const UUID = 'a'.repeat(32);

describe('8.0', () => {
  test('has legacy queues only', async () => {
    const { as } = await open({ profile: '8.0' });
    const missing = await as().post(`marketplace-site-agent-identities/${UUID}/register_queue/`, {});
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect((await as().get('event-consumers/')).headers.get('content-type')).toContain('text/html');
    expect((await as().get('marketplace-site-agent-identities/')).body).toEqual([]);
    expect((await as().get('version/')).body).toEqual({ version: '8.0.5' });
  });
});

describe('2024', () => {
  test.each([
    'GET marketplace-site-agent-identities/',
    'GET marketplace-resource-api-keys/',
    'GET backend-resource-requests/',
    `POST marketplace-orders/${UUID}/retry/`,
    `POST marketplace-orders/${UUID}/set_backend_id/`,
    `POST marketplace-provider-resources/${UUID}/set_limits/`,
    `POST marketplace-provider-resources/${UUID}/set_endpoints/`,
    `POST marketplace-provider-resources/${UUID}/refresh_last_sync/`,
    `POST marketplace-provider-offerings/${UUID}/check_unique_backend_id/`,
  ])('has no %s', async (route) => {
    const { as } = await open({ profile: '2024' });
    const [method = '', path = ''] = route.split(' ');
    const answer = await as().send(method, path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });

  test('approval answers nothing and ignores attributes; options orders are not completed', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const order = sandbox.placeOrder();
    const answer = await as().post(`marketplace-orders/${order.uuid}/approve_by_provider/`, { attributes: { x: 1 } });
    expect([answer.status, answer.text, order.attributes]).toEqual([200, '', { name: order.resource.name }]);
  });

  test('option changes are silent, options stay empty, usage has no date', async () => {
    const opened = await open({ profile: '2024', startsAt: new Date('2026-08-25T10:00:00Z') });
    const resource = await readyResource(opened, { offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    const { as, sandbox } = opened;
    expect(sandbox.store.resources.get(resource)?.options).toBeUndefined();
    const changed = await as('staff').post(`marketplace-resources/${resource}/update_options/`, {
      options: { storage_limit: 9 },
    });
    expect(changed.body).toEqual({ status: 'Resource options are submitted' });
    const usages = [{ type: 'storage', amount: '1' }];
    const past = { resource, usages, date: '2026-05-15T12:00:00Z' };
    expect((await as().post('marketplace-component-usages/set_usage/', past)).status).toBe(201);
    expect(sandbox.store.usages.all()[0]?.billingPeriod).toBe('2026-08-01');
    const row = await as().get(`marketplace-provider-resources/${resource}/?field=current_usages`);
    expect(row.body.current_usages).toEqual({ storage: '1.00' });
    const plan = sandbox.store.resources.get(resource);
    if (plan) plan.plan = undefined;
    expect((await as().post('marketplace-component-usages/set_usage/', past)).status).toBe(500);
  });

  test('owners only, staff only, and a larger page', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const order = sandbox.placeOrder({ state: 'executing' });
    expect((await as('offering-manager').post(`marketplace-orders/${order.uuid}/set_state_done/`)).status).toBe(403);
    const erred = `marketplace-provider-resources/${order.resource.uuid}/set_as_erred/`;
    expect((await as().post(erred)).status).toBe(403);
    expect((await as('staff').post(erred)).status).toBe(200);
    for (let i = 0; i < 300; i++) sandbox.placeOrder();
    expect((await as().get('marketplace-orders/?page_size=300')).body).toHaveLength(300);
    expect((await as().get(`marketplace-orders/?modified_before=2000-01-01T00:00:00Z&field=uuid`)).body).toHaveLength(
      10,
    );
  });

  test('set_state_erred from any state stores its texts, and ends an executing order only', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const order = sandbox.placeOrder();
    const texts = { error_message: 'no', error_traceback: '' };
    expect((await as().post(`marketplace-orders/${order.uuid}/set_state_erred/`, texts)).status).toBe(200);
    expect([order.state, order.errorMessage]).toEqual(['pending-provider', 'no']);
    await as().post(`marketplace-orders/${order.uuid}/reject_by_provider/`, { provider_rejection_comment: 'why' });
    expect([order.state, order.resource.state]).toEqual(['rejected', 'Terminated']);
    const answer = (await as().get(`marketplace-orders/${order.uuid}/`)).body;
    expect([answer.error_message, 'provider_rejection_comment' in answer]).toEqual(['no', false]);
  });

  test('pages of errors are those of Django', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const page = (title: string, text: string): string =>
      `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`;
    const { uuid } = sandbox.placeOrder({ state: 'executing' }).resource;
    const missing = await as().post(`marketplace-provider-resources/${uuid}/set_endpoints/`, { endpoints: [] });
    expect(missing.text).toBe(page('Not Found', 'The requested resource was not found on this server.'));
    const crash = await as().post(`marketplace-provider-resources/${uuid}/set_backend_id/`, {});
    expect([crash.status, crash.text]).toEqual([500, page('Server Error (500)', '')]);
  });
});

describe('the background task of 2024', () => {
  const start = async (processorDelayMs: readonly [number, number] = [0, 0]) => {
    const opened = await open({ profile: '2024', processorDelayMs });
    const resource = await readyResource(opened);
    const row = opened.sandbox.store.resources.get(resource);
    if (row === undefined) throw new Error('no resource');
    const act = (order: string, action: string) => opened.as().post(`marketplace-orders/${order}/${action}/`, {});
    const allocationOk = () => opened.as().post(`marketplace-slurm-remote/${resource}/set_state/`, { state: 'ok' });
    const update = (limits = { storage: 200 }) => opened.sandbox.placeOrder({ type: 'Update', resource, limits });
    return { ...opened, row, act, update, allocationOk };
  };
  const later = (work: () => boolean) => expect.poll(work, { interval: 1 }).toBe(true);

  test('an update ends erred unless the agent has said that the allocation is ok, after every change', async () => {
    const { act, update, allocationOk, row } = await start();
    await later(() => row.allocation !== undefined);
    const first = update();
    expect(row.state).toBe('OK');
    await act(first.uuid, 'approve_by_provider');
    await later(() => first.state === 'erred');
    expect([first.errorMessage, row.state]).toEqual([
      "Can't switch from state '5' using method 'schedule_updating'",
      'OK',
    ]);
    await allocationOk();
    const second = update();
    await act(second.uuid, 'approve_by_provider');
    await later(() => row.state === 'Updating');
    await act(second.uuid, 'set_state_done');
    expect([second.state, row.state, row.limits]).toEqual(['done', 'OK', { storage: 200 }]);
    const third = update({ storage: 300 });
    await act(third.uuid, 'approve_by_provider');
    await later(() => third.state === 'erred');
    expect(third.errorMessage).toContain("state '1'");
  });

  test.each(['Update', 'Terminate'] as const)(
    'an %s that is finished first leaves the resource in between',
    async (type) => {
      const { act, allocationOk, row, sandbox } = await start([30, 30]);
      await later(() => row.allocation !== undefined);
      await allocationOk();
      const order = sandbox.placeOrder({
        type,
        resource: row.uuid,
        ...(type === 'Update' ? { limits: { storage: 9 } } : {}),
      });
      await act(order.uuid, 'approve_by_provider');
      await act(order.uuid, 'set_state_done');
      expect(order.state).toBe('done');
      await later(() => row.state === (type === 'Update' ? 'Updating' : 'Terminating'));
    },
  );

  test('limits after a change of plan in the same month crash the server', async () => {
    const { act, allocationOk, row, sandbox, update } = await start();
    await later(() => row.allocation !== undefined);
    const finish = async (order: { readonly uuid: string }) => {
      await allocationOk();
      await act(order.uuid, 'approve_by_provider');
      await later(() => row.state === 'Updating');
      return act(order.uuid, 'set_state_done');
    };
    const plan = { type: 'Update', kind: 'plan', resource: row.uuid, plan: FIXTURE.biggerPlan } as const;
    expect((await finish(sandbox.placeOrder(plan))).status).toBe(200);
    const limits = update();
    expect((await finish(limits)).status).toBe(500);
    expect(limits.state).toBe('executing');
  });
});
