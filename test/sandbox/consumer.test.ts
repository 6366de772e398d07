import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open, readyResource } from './harness.ts';

const path = (uuid: string, action: string): string => `marketplace-resources/${uuid}/${action}/`;

async function start(offering: string = FIXTURE.limit) {
  const opened = await open();
  const uuid = await readyResource(opened, { offering });
  const ask = (action: string, body: unknown = {}) => opened.as('consumer').post(path(uuid, action), body);
  const order = (answer: { body: { order_uuid: string } }) => opened.sandbox.store.orders.get(answer.body.order_uuid);
  return { ...opened, uuid, ask, order };
}

describe('changing a resource', () => {
  test('update_limits places an Update order and the resource is Updating', async () => {
    const { ask, order } = await start();
    const placed = order(await ask('update_limits', { limits: { storage: 200 } }));
    expect(placed).toMatchObject({ type: 'Update', state: 'pending-provider', limits: { storage: 200 } });
    expect(placed?.attributes).toEqual({ old_limits: { storage: 100, objects: 1_000_000 } });
    expect(placed?.resource.state).toBe('Updating');
    const again = await ask('update_limits', { limits: { storage: 300 } });
    expect([again.status, again.body]).toEqual([409, { detail: 'Valid states for operation: OK.' }]);
  });

  test.each([
    [
      { limits: { storage: 100, objects: 1_000_000 } },
      ['Impossible to create update orders with limits set to exactly the same.'],
    ],
    [{ limits: { storage: -1 } }, { limits: { storage: ['Ensure this value is greater than or equal to 0.'] } }],
    [{ limits: { gold: 1 } }, { limits: ['Invalid limits: gold'] }],
    [{}, { limits: ['This field is required.'] }],
  ])('update_limits %j is refused', async (body, problem) => {
    const { ask } = await start();
    expect(await ask('update_limits', body)).toMatchObject({ status: 400, body: problem });
  });

  test('switch_plan and renew', async () => {
    const first = await start();
    const plan = first.order(await first.ask('switch_plan', { plan: `http://x/plans/${FIXTURE.biggerPlan}/` }));
    expect([plan?.oldPlan?.uuid, plan?.plan?.uuid]).toEqual([FIXTURE.plan, FIXTURE.biggerPlan]);
    const second = await start();
    const renewed = second.order(await second.ask('renew', { extension_months: 12 }));
    expect(renewed?.attributes).toMatchObject({ action: 'renew', extension_months: 12, old_end_date: null });
    const third = await start();
    expect((await third.ask('switch_plan', { plan: 'x/none/' })).status).toBe(400);
    expect((await third.ask('renew', {})).status).toBe(400);
  });

  test('options: an order where the plugin option says so, else silently', async () => {
    const ordered = await start(FIXTURE.options);
    const placed = ordered.order(await ordered.ask('update_options', { options: { storage_limit: 800 } }));
    expect(placed?.attributes).toEqual({ old_options: {}, new_options: { storage_limit: 800 } });
    const bad = await start(FIXTURE.options);
    expect((await bad.ask('update_options', { options: { storage_limit: 0 } })).body).toEqual({
      storage_limit: ['Ensure this value is greater than or equal to 1.'],
    });
    const silent = await start();
    const answer = await silent.ask('update_options', { options: { storage_limit: 800 } });
    expect(answer.body).toEqual({ status: 'Resource options are submitted' });
    expect(silent.sandbox.store.resources.get(silent.uuid)?.options).toEqual({ storage_limit: 800 });
  });

  test('terminate from OK and Erred; an erred resource stays erred', async () => {
    const { as, ask, order, uuid } = await start();
    await as().post(`marketplace-provider-resources/${uuid}/set_as_erred/`, {});
    const placed = order(await ask('terminate'));
    expect([placed?.type, placed?.resource.state]).toEqual(['Terminate', 'Erred']);
  });

  test('restore needs a terminated resource and the plugin option', async () => {
    const { sandbox, as, ask, order, uuid } = await start();
    expect((await ask('restore')).status).toBe(409);
    const terminate = order(await ask('terminate'));
    await as().post(`marketplace-orders/${terminate?.uuid}/set_state_executing/`);
    await as().post(`marketplace-orders/${terminate?.uuid}/set_state_done/`);
    const restored = await as().post(`marketplace-provider-resources/${uuid}/restore/`, {});
    const placed = sandbox.store.orders.get(restored.body.order_uuid);
    expect(placed).toMatchObject({ type: 'Restore' });
    expect(placed?.resource).toMatchObject({ state: 'Creating', backendId: `waldur_${uuid.slice(0, 8)}` });
  });

  test('strangers are told it does not exist', async () => {
    const { as, uuid } = await start();
    expect((await as('nobody').post(path(uuid, 'terminate'), {})).status).toBe(404);
  });
});
