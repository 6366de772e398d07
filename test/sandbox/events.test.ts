import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Client, type Opened, open, readyResource } from './harness.ts';

type Message = Record<string, unknown>;

/** A registered queue, and what the server published to it. */
async function listen(opened: Opened, object_types: readonly string[] = [], client: Client = opened.as()) {
  const { sandbox } = opened;
  sandbox.journal.bodies = true;
  const identity = await client.post('marketplace-site-agent-identities/', { offering: FIXTURE.limit, name: 'agent' });
  const { body } = await client.post(`marketplace-site-agent-identities/${identity.body.uuid}/register_queue/`, {
    object_types,
  });
  return (count: number) => published(sandbox, body.queue_name, count);
}

async function published(sandbox: Sandbox, queue: string, count: number): Promise<Message[]> {
  for (;;) {
    const messages = sandbox.journal
      .entries(0, 'event')
      .filter(({ to }) => to === queue)
      .map(({ detail }) => JSON.parse(typeof detail === 'string' ? detail : ''));
    if (messages.length >= count) return messages;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('messages', () => {
  test('one per state of an order, enriched', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const messages = await listen(opened, ['order']);
    const order = opened.sandbox.placeOrder();
    await opened.as().post(`marketplace-orders/${order.uuid}/approve_by_provider/`, {});
    await opened.as().post(`marketplace-orders/${order.uuid}/set_state_done/`);
    const sent = await messages(3);
    expect(sent.map(({ order_state }) => order_state)).toEqual(['pending-provider', 'executing', 'done']);
    expect(sent[0]).toEqual({
      order_uuid: order.uuid,
      order_state: 'pending-provider',
      offering_uuid: FIXTURE.limit,
      object_type: 'order',
      schema_version: 1,
      order_type: 'Create',
      resource_uuid: order.resource.uuid,
      resource_backend_id: '',
      resource_name: order.resource.name,
      project_uuid: FIXTURE.project,
      project_name: 'Genomics',
      attributes: { name: order.resource.name },
      limits: { storage: 100, objects: 1_000_000 },
      plan_uuid: FIXTURE.plan,
    });
  });

  test('an Update order carries the old limits', async () => {
    const opened = await open();
    const resource = await readyResource(opened);
    const messages = await listen(opened, ['order']);
    opened.sandbox.placeOrder({ type: 'Update', resource, limits: { storage: 5 } });
    expect((await messages(1))[0]).toMatchObject({ limits: { storage: 100 }, order_type: 'Update' });
  });

  test('flags, pulls, rotations, imports, syncs and provider messages', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const resource = await readyResource(opened);
    const { as, control, sandbox } = opened;
    const messages = await listen(opened);
    const key = await as().post('marketplace-resource-api-keys/report_created/', {
      resource,
      client_id: 'AK',
      api_key: 'secret',
    });
    await control.post('flags', { resource, paused: true });
    await control.post('flags', { resource, paused: true });
    await control.post('keys/rotate', { key: key.body.uuid });
    const { body } = await control.post('import', { offering: FIXTURE.limit });
    await control.post('sync', { offering: FIXTURE.limit });
    const order = sandbox.placeOrder();
    order.resource.offering.pluginOptions = { enable_provider_consumer_messaging: true };
    await as().post(`marketplace-orders/${order.uuid}/set_provider_info/`, { provider_message: 'm' });
    const sent = await messages(6);
    expect(sent).toHaveLength(6);
    expect(sent[0]).toMatchObject({
      object_type: 'resource',
      resource_uuid: resource,
      paused: true,
      sequence_number: 1,
      resource_state: 'OK',
    });
    expect(sent[1]).toMatchObject({ object_type: 'resource_api_key_rotation', client_id: 'AK', action: 'rotate' });
    expect(sent[2]).toMatchObject({ backend_resource_request_uuid: body.request_uuid });
    expect(sent[3]).toMatchObject({
      object_type: 'offering_resources_sync',
      requested_by_user_uuid: expect.any(String),
    });
    expect(sent[5]).toMatchObject({ order_uuid: order.uuid, action: 'provider_info_set' });
    expect(sent[5]).not.toHaveProperty('order_state');
  });

  test('only the types asked for, of the offering, to owners with a role', async () => {
    const opened = await open();
    const messages = await listen(opened, ['resource']);
    const { sandbox } = opened;
    sandbox.placeOrder();
    sandbox.placeOrder({ offering: FIXTURE.usage });
    const resource = await readyResource(opened);
    await opened.control.post('flags', { resource, downscaled: true });
    expect(await messages(1)).toHaveLength(1);
    const [owner] = sandbox.store.users.by('username', 'provider-owner');
    if (owner) owner.roles = [];
    await opened.control.post('flags', { resource, downscaled: false });
    await opened.control.get(`await?order=${sandbox.store.orders.all()[0]?.uuid}&state=done&timeout=0.02`);
    expect(await messages(1)).toHaveLength(1);
  });

  test('reach the broker with the deterministic header', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const messages = await listen(opened, ['order']);
    opened.sandbox.placeOrder();
    await messages(1);
    const [consumer] = opened.sandbox.store.consumers.all();
    expect(opened.sandbox.broker.depth(consumer?.owner.uuid ?? '', consumer?.queue ?? '').ready).toBe(1);
  });

  test('a unified consumer takes the place of legacy queues of the same user', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const { as, sandbox } = opened;
    sandbox.journal.bodies = true;
    const identity = await as().post('marketplace-site-agent-identities/', { offering: FIXTURE.limit, name: 'legacy' });
    const base = `marketplace-site-agent-identities/${identity.body.uuid}`;
    const subscription = await as().post(`${base}/register_event_subscription/`, { observable_object_type: 'order' });
    const queue = await as().post(`event-subscriptions/${subscription.body.uuid}/create_queue/`, {
      offering_uuid: FIXTURE.limit,
      object_type: 'order',
    });
    const order = sandbox.placeOrder();
    expect(await published(sandbox, queue.body.queue_name, 1)).toEqual([
      { order_uuid: order.uuid, order_state: 'pending-provider', offering_uuid: FIXTURE.limit },
    ]);
    const messages = await listen(opened, ['order']);
    sandbox.placeOrder();
    await messages(1);
    expect(await published(sandbox, queue.body.queue_name, 1)).toHaveLength(1);
  });

  test('pending orders are sent again after an hour, unchanged content not within four', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const messages = await listen(opened, ['order']);
    opened.sandbox.placeOrder();
    await messages(1);
    opened.sandbox.clock.advance(3_700_000);
    expect((await messages(2))[1]).toMatchObject({ order_state: 'pending-provider', sequence_number: 1 });
    opened.sandbox.clock.advance(3_700_000);
    opened.sandbox.clock.advance(4 * 3_600_000);
    expect((await messages(3))[2]).toMatchObject({ sequence_number: 2 });
  });

  test('a publisher that drops, doubles or breaks', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    const messages = await listen(opened, ['order']);
    await opened.control.post('publisher', { duplicates: 1 });
    opened.sandbox.placeOrder();
    expect(await messages(2)).toHaveLength(2);
    await opened.control.post('publisher', { duplicates: 0, circuitOpen: true });
    opened.sandbox.placeOrder();
    await messages(3);
    expect(opened.sandbox.journal.entries(0, 'event').map(({ status }) => status)).toEqual([200, 200, 0]);
    await opened.control.post('publisher', { circuitOpen: false, rate: { perSecond: 1, burst: 1 } });
    opened.sandbox.placeOrder();
    opened.sandbox.placeOrder();
    await messages(5);
    expect(opened.sandbox.journal.entries(0, 'event').map(({ status }) => status)).toEqual([200, 200, 0, 200, 0]);
  });

  test('nothing for offerings an agent does not serve', async () => {
    const opened = await open({ dispatchDelayMs: [0, 0] });
    await opened.as('staff').post('event-consumers/register/', { scopes: [] });
    opened.sandbox.placeOrder({ offering: FIXTURE.basic, limits: {} });
    const order = opened.sandbox.placeOrder();
    const [consumer] = opened.sandbox.store.consumers.all();
    opened.sandbox.journal.bodies = true;
    expect(await published(opened.sandbox, consumer?.queue ?? '', 1)).toMatchObject([{ order_uuid: order.uuid }]);
  });
});
