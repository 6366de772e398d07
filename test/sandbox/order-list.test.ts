import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open } from './harness.ts';

describe('listing orders', () => {
  test('offering and states select, and the fields asked for are the only ones', async () => {
    const { sandbox, as } = await open();
    const pending = sandbox.placeOrder();
    const executing = sandbox.placeOrder({ state: 'executing' });
    sandbox.placeOrder({ offering: FIXTURE.usage });
    sandbox.placeOrder({ state: 'rejected' });
    const query = `offering_uuid=${FIXTURE.limit}&state=pending-provider&state=executing&field=uuid&field=state`;
    const { status, body, headers } = await as().get(`marketplace-orders/?${query}`);
    expect(status).toBe(200);
    expect(body).toEqual([
      { uuid: pending.uuid, state: 'pending-provider' },
      { uuid: executing.uuid, state: 'executing' },
    ]);
    expect(headers.get('x-result-count')).toBe('2');
  });

  test('filters by resource, type, project and time; unknown filters are ignored', async () => {
    const { sandbox, as } = await open();
    const first = sandbox.placeOrder();
    const second = sandbox.placeOrder({ project: FIXTURE.secondProject });
    const uuids = async (query: string) =>
      (await as().get(`marketplace-orders/?field=uuid&${query}`)).body.map((row: { uuid: string }) => row.uuid);
    expect(await uuids(`resource_uuid=${first.resource.uuid}`)).toEqual([first.uuid]);
    expect(await uuids('type=Terminate')).toEqual([]);
    expect(await uuids(`project_uuid=${FIXTURE.secondProject}`)).toEqual([second.uuid]);
    expect(await uuids(`modified_before=${first.modified}`)).toEqual([]);
    expect(await uuids('o=-created')).toEqual([second.uuid, first.uuid]);
    expect(await uuids('nonsense=1')).toHaveLength(2);
  });

  test('a choice that is none is refused', async () => {
    const { as } = await open();
    const { status, body } = await as().get('marketplace-orders/?state=foo');
    expect(status).toBe(400);
    expect(body).toEqual({ state: ['Select a valid choice. foo is not one of the available choices.'] });
  });

  test.each(['nobody', 'other-provider'])('%s sees nothing', async (user) => {
    const { sandbox, as } = await open();
    const { uuid } = sandbox.placeOrder();
    expect((await as(user).get('marketplace-orders/')).body).toEqual([]);
    const { status, body } = await as(user).get(`marketplace-orders/${uuid}/`);
    expect(status).toBe(404);
    expect(body).toEqual({ detail: 'No Order matches the given query.' });
  });

  test('the full object has every key, and none is undefined', async () => {
    const { sandbox, as } = await open();
    const { uuid, resource } = sandbox.placeOrder();
    const { body } = await as().get(`marketplace-orders/${uuid}/`);
    expect(Object.keys(body).length).toBeGreaterThan(85);
    expect(body).toMatchObject({
      type: 'Create',
      state: 'pending-provider',
      resource_uuid: null,
      marketplace_resource_uuid: resource.uuid,
      plan_uuid: FIXTURE.plan,
      new_plan_uuid: FIXTURE.plan,
      old_plan_uuid: null,
      customer_slug: 'acme',
      error_message: '',
    });
    expect(body.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });
});
