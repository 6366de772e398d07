import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open } from './harness.ts';

const path = (uuid: string, action: string): string => `marketplace-orders/${uuid}/${action}/`;

describe('placing and approving as a consumer', () => {
  const body = (more = {}) => ({
    offering: `http://x/api/marketplace-public-offerings/${FIXTURE.options}/`,
    project: `http://x/api/projects/${FIXTURE.project}/`,
    attributes: { name: 'my-space', storage_limit: 500, other: 1 },
    accepting_terms_of_service: true,
    ...more,
  });

  test('options are copied from the attributes, and a plan is needed', async () => {
    const { sandbox, as } = await open();
    const refused = await as('consumer').post('marketplace-orders/', body());
    expect([refused.status, refused.body]).toEqual([400, { plan: ['This field is required.'] }]);
    const plan = `x/${sandbox.store.offerings.get(FIXTURE.options)?.plans[0]?.uuid}/`;
    const { status, body: order } = await as('consumer').post('marketplace-orders/', body({ plan }));
    expect([status, order.state]).toEqual([201, 'pending-provider']);
    const resource = sandbox.store.resources.get(order.marketplace_resource_uuid);
    expect(resource).toMatchObject({ state: 'Creating', backendId: '', options: { storage_limit: 500 } });
  });

  test("a plain member's order waits for a person who may approve it", async () => {
    const { sandbox, as } = await open();
    const plan = `x/${sandbox.store.offerings.get(FIXTURE.options)?.plans[0]?.uuid}/`;
    const { body: order } = await as('member').post('marketplace-orders/', body({ plan }));
    expect(order.state).toBe('pending-consumer');
    expect((await as('member').post(path(order.uuid, 'approve_by_consumer'))).status).toBe(403);
    const approved = await as('consumer').post(path(order.uuid, 'approve_by_consumer'));
    expect(approved.body).toEqual({ detail: 'Order is pending provider approval.' });
    expect((await as('consumer').post(path(order.uuid, 'reject_by_consumer'))).status).toBe(409);
  });

  test.each([
    ['offering', { offering: 'x/nothing/' }],
    ['project', { project: `x/${FIXTURE.limit}/` }],
    ['limits', { limits: { gold: 1 }, plan: `x/${FIXTURE.plan}/`, offering: `x/${FIXTURE.limit}/` }],
  ])('a wrong %s is refused', async (field, more) => {
    const { as } = await open();
    const { status, body: problems } = await as('consumer').post('marketplace-orders/', body(more));
    expect(status).toBe(400);
    expect(Object.keys(problems)).toEqual([field]);
  });

  test('auto-approval follows the plugin options', async () => {
    const { sandbox, as } = await open();
    const offering = sandbox.store.offerings.get(FIXTURE.limit);
    if (offering) offering.pluginOptions = { auto_approve_for_roles: ['PROJECT.ADMIN'] };
    const request = body({ offering: `x/${FIXTURE.limit}/`, plan: `x/${FIXTURE.plan}/` });
    const { body: order } = await as('consumer').post('marketplace-orders/', request);
    expect([order.state, order.auto_approved]).toEqual(['executing', true]);
  });
});
