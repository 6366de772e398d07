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
    expect((await as().get(`marketplace-orders/${order.uuid}/`)).body.resource_uuid).toBe(order.resource.uuid);
  });

  test('option changes are silent, options stay empty, usage has no date', async () => {
    const opened = await open({ profile: '2024', startsAt: new Date('2026-08-25T10:00:00Z') });
    const resource = await readyResource(opened, { offering: FIXTURE.options, attributes: { storage_limit: 5 } });
    const { as, sandbox } = opened;
    expect(sandbox.store.resources.get(resource)?.options).toBeUndefined();
    const changed = await as('consumer').post(`marketplace-resources/${resource}/update_options/`, {
      options: { storage_limit: 9 },
    });
    expect(changed.body).toEqual({ status: 'Resource options are submitted' });
    const usages = [{ type: 'storage', amount: '1' }];
    const past = { resource, usages, date: '2026-05-15T12:00:00Z' };
    expect((await as().post('marketplace-component-usages/set_usage/', past)).status).toBe(201);
    expect(sandbox.store.usages.all()[0]?.billingPeriod).toBe('2026-08-01');
    const row = await as().get(`marketplace-provider-resources/${resource}/?field=current_usages`);
    expect(row.body.current_usages).toEqual({ storage: '1' });
    const plan = sandbox.store.resources.get(resource);
    if (plan) plan.plan = undefined;
    expect((await as().post('marketplace-component-usages/set_usage/', past)).status).toBe(500);
  });

  test('owners only, staff only, and a larger page', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const order = sandbox.placeOrder({ state: 'executing' });
    expect((await as('offering-manager').post(`marketplace-orders/${order.uuid}/set_state_done/`)).status).toBe(403);
    expect((await as('offering-manager').get('marketplace-provider-resources/')).body).toEqual([]);
    const erred = `marketplace-provider-resources/${order.resource.uuid}/set_as_erred/`;
    expect((await as().post(erred)).status).toBe(403);
    expect((await as('staff').post(erred)).status).toBe(200);
    for (let i = 0; i < 300; i++) sandbox.placeOrder();
    expect((await as().get('marketplace-orders/?page_size=300')).body).toHaveLength(300);
    expect((await as().get(`marketplace-orders/?modified_before=2000-01-01T00:00:00Z&field=uuid`)).body).toHaveLength(
      10,
    );
  });

  test('set_state_erred acts on the one executing order', async () => {
    const { as, sandbox } = await open({ profile: '2024' });
    const order = sandbox.placeOrder();
    const texts = { error_message: 'x', error_traceback: '' };
    expect((await as().post(`marketplace-orders/${order.uuid}/set_state_erred/`, texts)).status).toBe(200);
    expect(order.state).toBe('pending-provider');
  });
});
