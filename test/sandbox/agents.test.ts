import { describe, expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type Client, open } from './harness.ts';

const NAME = `agent-${FIXTURE.limit}`;
const IDENTITIES = 'marketplace-site-agent-identities/';
const TYPES = ['order', 'resource'];

async function identify(client: Client, more = {}): Promise<string> {
  const { body } = await client.post(IDENTITIES, { offering: FIXTURE.limit, name: NAME, version: '1.0.6', ...more });
  return body.uuid;
}

describe('identities', () => {
  test('created once, found by name, updated with PUT, never patched', async () => {
    const { as } = await open();
    const created = await as().post(IDENTITIES, { offering: FIXTURE.limit, name: NAME, version: '1.0.6' });
    expect(created.status).toBe(201);
    expect(Object.keys(created.body)).toEqual(
      expect.arrayContaining(['uuid', 'url', 'offering', 'created_by', 'name', 'created', 'modified', 'services']),
    );
    expect((await as().post(IDENTITIES, { offering: FIXTURE.limit, name: NAME })).status).toBe(400);
    const { uuid } = created.body;
    expect((await as().get(`${IDENTITIES}?name=${NAME}`)).body).toHaveLength(1);
    expect((await as().get(`${IDENTITIES}?name=agent-nobody`)).body).toEqual([]);
    const put = await as().send('PUT', `${IDENTITIES}${uuid}/`, {
      offering: FIXTURE.limit,
      name: NAME,
      version: '2.0',
    });
    expect([put.status, put.body.version]).toEqual([200, '2.0']);
    const moved = await as().send('PUT', `${IDENTITIES}${uuid}/`, { offering: FIXTURE.usage, name: NAME });
    expect(moved.body).toEqual({ offering: ['Offering cannot be changed after the agent identity is created.'] });
    const patched = await as().send('PATCH', `${IDENTITIES}${uuid}/`, {});
    expect([patched.status, patched.body]).toEqual([405, { detail: 'Method "PATCH" not allowed.' }]);
  });

  test('a wrong offering looks missing', async () => {
    const { as, control } = await open();
    const { body } = await control.post('offerings', { name: 'other', type: 'Marketplace.Rancher' });
    const answer = await as().post(IDENTITIES, { offering: body.uuid, name: 'x' });
    expect([answer.status, answer.body]).toEqual([
      400,
      { offering: [`Object with uuid=${body.uuid} does not exist.`] },
    ]);
  });

  test('services, processors, statistics and idleness', async () => {
    const { as, sandbox } = await open();
    const identity = await identify(as());
    const register = () =>
      as().post(`${IDENTITIES}${identity}/register_service/`, { name: 'events', mode: 'event_process' });
    const service = await register();
    expect([service.status, service.body.state]).toEqual([201, 'Active']);
    expect((await register()).status).toBe(200);
    const path = `marketplace-site-agent-services/${service.body.uuid}/`;
    const processor = { name: 'OrderProcessor', backend_type: 'croit-s3', backend_version: '1' };
    const registered = await as().post(`${path}register_processor/`, processor);
    expect([registered.status, registered.body.backend_type]).toEqual([201, 'croit-s3']);
    expect((await as().post(`${path}register_processor/`, processor)).status).toBe(200);
    const statistics = await as().post(`${path}set_statistics/`, { statistics: { queue: 3 } });
    expect([statistics.status, statistics.body.statistics]).toEqual([200, { queue: 3 }]);
    sandbox.clock.advance(11 * 60_000);
    expect((await as().get(path)).body.state).toBe('Idle');
    await register();
    expect((await as().get(`${IDENTITIES}${identity}/`)).body.services).toMatchObject([
      { name: 'events', state: 'Active' },
    ]);
  });

  test('logs', async () => {
    const { as, sandbox } = await open();
    const agent_identity_uuid = await identify(as());
    const entry = { agent_identity_uuid, timestamp: 1755700000.123, level: 'WARNING', message: 'm', module: 'orders' };
    const stored = await as().post('marketplace-site-agent-logs/', [entry]);
    expect([stored.status, stored.body[0].message, sandbox.store.logs.size]).toEqual([201, 'm', 1]);
    expect((await as().post('marketplace-site-agent-logs/', entry)).status).toBe(400);
    expect((await as().post('marketplace-site-agent-logs/', [{ ...entry, level: 'LOUD' }])).status).toBe(400);
  });
});

describe('register_queue', () => {
  const register = (client: Client, identity: string, body: unknown = { object_types: TYPES }) =>
    client.post(`${IDENTITIES}${identity}/register_queue/`, body);

  test('a new queue, then the same one', async () => {
    const { as, sandbox } = await open();
    const identity = await identify(as());
    const first = await register(as(), identity);
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      rmq_username: expect.stringMatching(/^[0-9a-f]{32}$/),
      queue_name: expect.stringMatching(/^consumer_[0-9a-f]{32}$/),
      vhost: sandbox.store.users.by('username', 'provider-owner')[0]?.uuid,
      observable_object_types: TYPES,
    });
    const again = await register(as(), identity, {});
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(sandbox.broker.hasQueue(first.body.vhost, first.body.queue_name)).toBe(true);
  });

  test('a lost broker user comes back under another name, on the same queue', async () => {
    const { as, sandbox, control } = await open();
    const identity = await identify(as());
    const first = await register(as(), identity);
    await control.post('broker', { kind: 'deleteUser' });
    const second = await register(as(), identity);
    expect([second.status, second.body.queue_name]).toEqual([201, first.body.queue_name]);
    expect(second.body.rmq_username).not.toBe(first.body.rmq_username);
    expect(sandbox.broker.hasUser(first.body.rmq_username)).toBe(false);
  });

  test("another user's queue is a conflict", async () => {
    const { as } = await open();
    const identity = await identify(as());
    await register(as(), identity);
    const { status, body } = await register(as('staff'), identity);
    expect(status).toBe(409);
    expect(body.detail).toBe(
      'Queue is already registered by user provider-owner; ask them to deregister before taking over.',
    );
  });

  test('unknown types, and a broker that is down', async () => {
    const { as, control } = await open();
    const identity = await identify(as());
    expect((await register(as(), identity, { object_types: ['nonsense'] })).status).toBe(400);
    await control.post('broker', { kind: 'down', steps: ['queue'] });
    const down = await register(as(), identity);
    expect([down.status, down.body]).toEqual([400, ['Failed to create RabbitMQ queue']]);
    await control.post('broker', { kind: 'up' });
    expect((await register(as(), identity)).status).toBe(201);
  });

  test('deleting the identity removes queue and login', async () => {
    const { as, sandbox } = await open();
    const identity = await identify(as());
    const { body } = await register(as(), identity);
    expect((await as().send('DELETE', `${IDENTITIES}${identity}/`)).status).toBe(204);
    expect(sandbox.broker.hasUser(body.rmq_username)).toBe(false);
    expect(sandbox.broker.hasQueue(body.vhost, body.queue_name)).toBe(false);
    expect(sandbox.store.consumers.size).toBe(0);
  });

  test('by scopes, never empty for ordinary accounts', async () => {
    const { as } = await open();
    const body = { object_types: TYPES, scopes: [{ type: 'offering', uuid: FIXTURE.limit }] };
    const first = await as().post('event-consumers/register/', body);
    expect(first.status).toBe(201);
    expect((await as().post('event-consumers/register/', body)).status).toBe(200);
    expect((await as().post('event-consumers/register/', { scopes: [] })).status).toBe(403);
    expect((await as('other-provider').post('event-consumers/register/', body)).status).toBe(403);
    const [consumer] = (await as().get('event-consumers/')).body;
    expect(consumer).toMatchObject({ object_types: TYPES, is_global: false, queue_created: true });
    expect((await as('consumer').send('DELETE', `event-consumers/${consumer.uuid}/`)).status).toBe(404);
    expect((await as().send('DELETE', `event-consumers/${consumer.uuid}/`)).status).toBe(204);
  });
});

describe('legacy queues', () => {
  test('a subscription per type, a queue per offering, a new uuid when the login vanished', async () => {
    const { as, sandbox, control } = await open({ profile: '8.0' });
    const identity = await identify(as());
    const subscribe = () =>
      as().post(`${IDENTITIES}${identity}/register_event_subscription/`, { observable_object_type: 'order' });
    const first = await subscribe();
    expect([first.status, first.body.observable_objects]).toEqual([201, [{ object_type: 'order' }]]);
    expect((await subscribe()).status).toBe(200);
    const path = `event-subscriptions/${first.body.uuid}/`;
    const queue = await as().post(`${path}create_queue/`, { offering_uuid: FIXTURE.limit, object_type: 'order' });
    expect([queue.status, queue.body.queue_name]).toEqual([
      201,
      `subscription_${first.body.uuid}_offering_${FIXTURE.limit}_order`,
    ]);
    expect(
      (await as().post(`${path}create_queue/`, { offering_uuid: FIXTURE.limit, object_type: 'order' })).status,
    ).toBe(200);
    const foreign = await as('nobody').post(`${path}create_queue/`, {});
    expect(foreign.status).toBe(404);
    await control.post('broker', { kind: 'deleteUser' });
    const second = await subscribe();
    expect(second.status).toBe(201);
    expect(second.body.uuid).not.toBe(first.body.uuid);
    expect((await as().send('DELETE', `event-subscriptions/${second.body.uuid}/`)).status).toBe(204);
    expect(sandbox.broker.hasUser(second.body.uuid)).toBe(false);
    const unknown = { observable_object_type: 'resource_api_key_rotation' };
    expect((await as().post(`${IDENTITIES}${identity}/register_event_subscription/`, unknown)).status).toBe(400);
  });
});
