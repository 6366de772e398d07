import { expect, test } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { open } from './harness.ts';

/** No broker listens there. With one, it is tested in test/labs. */
const GONE = {
  apiUrl: 'http://127.0.0.1:9/api/',
  wsUrl: 'ws://127.0.0.1:9/ws',
  stompPort: 9,
  user: 'u',
  password: 'p',
};

test('without RabbitMQ, a queue is refused as Waldur refuses it, and messages are lost', async () => {
  const { sandbox, as } = await open({ rabbitmq: GONE });
  expect(sandbox.wsUrl).toBe(GONE.wsUrl);
  const identity = await as().post('marketplace-site-agent-identities/', { offering: FIXTURE.limit, name: 'agent' });
  const path = `marketplace-site-agent-identities/${identity.body.uuid}/register_queue/`;
  const refused = await as().post(path, { object_types: ['order'] });
  expect([refused.status, refused.body]).toEqual([400, ['Failed to create RabbitMQ virtual host']]);
  expect(sandbox.store.consumers.size).toBe(0);

  const [owner] = sandbox.store.users.by('username', 'provider-owner');
  if (owner === undefined) throw new Error('the fixture has changed');
  const now = sandbox.clock.stamp();
  const names = { login: 'l', queue: 'consumer_1', uuid: '1'.repeat(32), created: now, modified: now };
  const row = { ...names, owner, identity: undefined, offerings: [FIXTURE.limit], objectTypes: ['order'] };
  sandbox.store.consumers.insert(row);
  sandbox.placeOrder();
  await expect.poll(() => sandbox.journal.entries(0, 'event')).toMatchObject([{ object: 'order', status: 0 }]);
});
