import nock from 'nock';
import { describe, expect, test } from 'vitest';
import { failure, HOST, NO_ROUTE, OFFERING, onGet, onPost, rig, signal, useNock, uuid } from './harness.ts';

useNock();

const IDENTITY = '1d1d1d1d1d1d4d1d8d1d1d1d1d1d1d1d';
const SERVICE = '2d2d2d2d2d2d4d2d8d2d2d2d2d2d2d2d';
const STARTED = new Date('2026-08-25T10:00:00Z');
const BODY = {
  offering: OFFERING,
  name: `agent-${OFFERING}`,
  version: '1.0.6',
  dependencies: [{ package: 'waldur-storage-agent', version: '0.1.0' }],
  config_file_path: '',
  config_file_content: '',
  last_restarted: '2026-08-25T10:00:00.000Z',
};
const ROW = {
  ...BODY,
  uuid: IDENTITY,
  url: 'https://internal/x/',
  services: [],
  last_restarted: '2026-08-25T10:00:00Z',
};
const NOT_UNIQUE = { non_field_errors: ['The fields offering, name must make a unique set.'] };
const EXPECTED = { uuid: IDENTITY, name: BODY.name };
const onList = (rows: readonly unknown[]): URLSearchParams[] =>
  onGet('marketplace-site-agent-identities/', () => [200, rows]);

describe('the identity', () => {
  test('is created', async () => {
    const queries = onList([
      { ...ROW, name: 'agent-other' },
      { ...ROW, uuid: uuid(), offering: uuid() },
    ]);
    onPost('marketplace-site-agent-identities/', BODY, 201, ROW);
    expect(await rig().waldur.agents.identify(OFFERING, STARTED, signal)).toEqual(EXPECTED);
    expect(queries[0]?.get('name')).toBe(BODY.name);
    expect(queries[0]?.get('offering_uuid')).toBe(OFFERING);
  });

  test('is taken over when another agent is faster', async () => {
    onList([]);
    onPost('marketplace-site-agent-identities/', BODY, 400, NOT_UNIQUE);
    onList([ROW]);
    expect(await rig().waldur.agents.identify(OFFERING, STARTED, signal)).toEqual(EXPECTED);
  });

  test('is refused with the words of Waldur when there is none', async () => {
    onList([]);
    onPost('marketplace-site-agent-identities/', BODY, 400, NOT_UNIQUE);
    onList([]);
    const { message } = await failure(rig().waldur.agents.identify(OFFERING, STARTED, signal));
    expect(message).toContain('must make a unique set');
  });

  test('is left alone when it says all that', async () => {
    onList([ROW]);
    expect(await rig().waldur.agents.identify(OFFERING, STARTED, signal)).toEqual(EXPECTED);
  });

  test.each([{ version: '1.0.0' }, { dependencies: [] }, { last_restarted: '2026-08-24T10:00:00Z' }])(
    'is brought up to date from %j',
    async (change) => {
      onList([{ ...ROW, ...change }]);
      nock(HOST)
        .put(`/api/marketplace-site-agent-identities/${IDENTITY}/`, (sent: unknown) => {
          expect(sent).toEqual(BODY);
          return true;
        })
        .reply(200, ROW);
      expect(await rig().waldur.agents.identify(OFFERING, STARTED, signal)).toEqual(EXPECTED);
    },
  );

  test('is unknown to servers of 2024, in JSON or not', async () => {
    const older = rig().waldur.agents;
    onGet('marketplace-site-agent-identities/', () => [404, NO_ROUTE]);
    expect(await older.identify(OFFERING, STARTED, signal)).toBeUndefined();
    expect(await older.identify(OFFERING, STARTED, signal)).toBeUndefined();
    onGet('marketplace-site-agent-identities/', () => [404, { detail: 'Not found.' }]);
    expect(await rig().waldur.agents.identify(OFFERING, STARTED, signal)).toBeUndefined();
  });
});

test('service, processor, statistics', async () => {
  const { agents } = rig().waldur;
  onPost(
    `marketplace-site-agent-identities/${IDENTITY}/register_service/`,
    { name: 'event_process', mode: 'event_process' },
    201,
    { uuid: SERVICE, name: 'event_process', state: 'Active', processors: [] },
  );
  expect(await agents.registerService(IDENTITY, 'event_process', 'event_process', signal)).toEqual({
    uuid: SERVICE,
    name: 'event_process',
    state: 'Active',
  });
  onPost(
    `marketplace-site-agent-services/${SERVICE}/register_processor/`,
    { name: 'OrderProcessor', backend_type: 'croit-s3', backend_version: '1' },
    201,
    {},
  );
  await agents.registerProcessor(
    SERVICE,
    { name: 'OrderProcessor', backendType: 'croit-s3', backendVersion: '1' },
    signal,
  );
  onPost(`marketplace-site-agent-services/${SERVICE}/set_statistics/`, { statistics: { queue: 3 } }, 200, {});
  await agents.setStatistics(SERVICE, { queue: 3 }, signal);
});

test('logs', async () => {
  const { agents } = rig().waldur;
  const entry = { time: new Date(1_755_700_000_123), message: 'm', module: 'orders' };
  const levels = ['warn', 'error', 'fatal', 'debug', 'odd'];
  onPost(
    'marketplace-site-agent-logs/',
    ['WARNING', 'ERROR', 'CRITICAL', 'DEBUG', 'INFO'].map((level) => ({
      agent_identity_uuid: IDENTITY,
      timestamp: 1_755_700_000.123,
      level,
      message: 'm',
      module: 'orders',
    })),
    201,
  );
  expect(
    await agents.shipLogs(
      IDENTITY,
      levels.map((level) => ({ ...entry, level })),
      signal,
    ),
  ).toBe(true);
  onPost('marketplace-site-agent-logs/', [], 404, { detail: 'Not found.' });
  expect(await agents.shipLogs(IDENTITY, [], signal)).toBe(false);
  expect(await agents.shipLogs(IDENTITY, [], signal)).toBe(false);
});

describe('the queue', () => {
  const TARGET = { identity: IDENTITY, offering: OFFERING };
  const REGISTER = `marketplace-site-agent-identities/${IDENTITY}/register_queue/`;
  const SUBSCRIBE = `marketplace-site-agent-identities/${IDENTITY}/register_event_subscription/`;
  const ANSWER = {
    rmq_username: 'login',
    queue_name: 'consumer_1',
    vhost: 'vhost',
    observable_object_types: ['order'],
  };
  const UNIFIED = { login: 'login', vhost: 'vhost', queues: [{ name: 'consumer_1', objectType: undefined }] };
  const subscription = (type: string): unknown => ({
    observable_object_type: type,
    description: 'waldur-storage-agent',
  });

  test('is registered for the types asked for', async () => {
    onPost(REGISTER, { object_types: ['order', 'resource'] }, 201, ANSWER);
    expect(await rig().waldur.queues.register(TARGET, ['order', 'resource'], signal)).toEqual(UNIFIED);
  });

  test('is registered without the types the server does not know', async () => {
    onPost(REGISTER, { object_types: ['order', 'resource_api_key_rotation'] }, 400, {
      object_types: { 1: ['"resource_api_key_rotation" is not a valid choice.'] },
    });
    onPost(REGISTER, { object_types: ['order'] }, 201, ANSWER);
    const { queues } = rig().waldur;
    expect(await queues.register(TARGET, ['order', 'resource_api_key_rotation'], signal)).toEqual(UNIFIED);
  });

  test.each<[string, number, object, string, string]>([
    [
      'belongs to another user',
      409,
      { detail: 'Queue is already registered by user bob; ask them to deregister before taking over.' },
      'WALDUR_QUEUE_TAKEN',
      'operator',
    ],
    ['cannot be made now', 400, ['Failed to create RabbitMQ virtual host'], 'WALDUR_FAILED', 'transient'],
    ['is refused', 400, { object_types: ['"order" is not a valid choice.'] }, 'WALDUR_REFUSED', 'terminal'],
    ['needs a role', 403, { detail: 'no' }, 'WALDUR_FORBIDDEN', 'operator'],
  ])('%s', async (_, status, reply, code, disposition) => {
    onPost(REGISTER, { object_types: ['order'] }, status, reply);
    expect(await failure(rig().waldur.queues.register(TARGET, ['order'], signal))).toMatchObject({ code, disposition });
  });

  test('is one per type on older servers, under the first login', async () => {
    const { queues } = rig().waldur;
    const [first, second] = [uuid(), uuid()];
    const legacy = (): void => {
      onPost(SUBSCRIBE, subscription('order'), 201, { uuid: first });
      onPost(`event-subscriptions/${first}/create_queue/`, { offering_uuid: OFFERING, object_type: 'order' }, 201, {
        queue_name: 'q-order',
        vhost: 'v',
      });
      onPost(SUBSCRIBE, subscription('resource_api_key_rotation'), 400, { observable_object_type: ['no'] });
      onPost(SUBSCRIBE, subscription('resource'), 200, { uuid: second });
      onPost(`event-subscriptions/${second}/create_queue/`, { offering_uuid: OFFERING, object_type: 'resource' }, 200, {
        queue_name: 'q-resource',
        vhost: 'v',
      });
    };
    const expected = {
      login: first,
      vhost: 'v',
      queues: [
        { name: 'q-order', objectType: 'order' },
        { name: 'q-resource', objectType: 'resource' },
      ],
    };
    const types = ['order', 'resource_api_key_rotation', 'resource'] as const;
    onPost(REGISTER, { object_types: types }, 404, NO_ROUTE);
    legacy();
    expect(await queues.register(TARGET, types, signal)).toEqual(expected);
    legacy();
    expect(await queues.register(TARGET, types, signal)).toEqual(expected);
  });

  test('does not exist at all', async () => {
    const { queues } = rig().waldur;
    onPost(REGISTER, { object_types: ['order'] }, 404, NO_ROUTE);
    onPost(SUBSCRIBE, subscription('order'), 404, NO_ROUTE);
    expect(await queues.register(TARGET, ['order'], signal)).toBeUndefined();
    expect(await queues.register(TARGET, ['order'], signal)).toBeUndefined();
  });

  test('has types none of which an older server knows', async () => {
    onPost(REGISTER, { object_types: ['order'] }, 404, { detail: 'Not found.' });
    onPost(SUBSCRIBE, subscription('order'), 400, { observable_object_type: ['no'] });
    expect(await rig().waldur.queues.register(TARGET, ['order'], signal)).toBeUndefined();
  });

  test('is not asked for after the end', async () => {
    const reason = new Error('shutting down');
    await expect(rig().waldur.queues.register(TARGET, ['order'], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('of a lost identity is a conflict', async () => {
    onPost(REGISTER, { object_types: ['order'] }, 404, { detail: 'Not found.' });
    onPost(SUBSCRIBE, subscription('order'), 404, { detail: 'Not found.' });
    expect((await failure(rig().waldur.queues.register(TARGET, ['order'], signal))).code).toBe('WALDUR_CONFLICT');
  });

  test('of an older server cannot be made now', async () => {
    onPost(REGISTER, { object_types: ['order'] }, 404, NO_ROUTE);
    onPost(SUBSCRIBE, subscription('order'), 400, ['Failed to create RabbitMQ user']);
    expect(await failure(rig().waldur.queues.register(TARGET, ['order'], signal))).toMatchObject({
      code: 'WALDUR_FAILED',
      disposition: 'transient',
    });
  });
});
