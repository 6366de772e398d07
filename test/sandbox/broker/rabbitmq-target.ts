import { messageId } from '../../../src/sandbox/broker/message-id.ts';
import { openRaw } from './raw-client.ts';
import type { Target } from './target.ts';

/** Exactly the arguments Mastermind declares its queues with. */
const ARGUMENTS = {
  'x-message-ttl': 3_600_000,
  'x-max-length': 10_000,
  'x-overflow': 'reject-publish-dlx',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': 'waldur.dlq.messages',
};

/** A running RabbitMQ, managed and published to as Mastermind does. Takes the variables that `test/labs/rabbitmq.sh` sets. */
export function startRabbitmq(env: Readonly<Record<string, string | undefined>>): Target {
  const { RMQ_API: api = '', RMQ_WS_URL: url = '', RMQ_USER: login = '', RMQ_PASSWORD: password = '' } = env;
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
  const call = async (method: string, path: string, body?: unknown): Promise<void> => {
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${api}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  const all = { configure: '.*', write: '.*', read: '.*' };
  return {
    url,
    pace: 1,
    broker: {
      putVhost: (vhost) => call('PUT', `/vhosts/${vhost}`),
      putUser: (user, secret) => call('PUT', `/users/${user}`, { password: secret, tags: [] }),
      deleteUser: (user) => call('DELETE', `/users/${user}`),
      putPermission: (vhost, user) => call('PUT', `/permissions/${vhost}/${user}`, all),
      deletePermission: (vhost, user) => call('DELETE', `/permissions/${vhost}/${user}`),
      putQueue: (vhost, queue) =>
        call('PUT', `/queues/${vhost}/${queue}`, { durable: true, auto_delete: false, arguments: ARGUMENTS }),
      deleteQueue: (vhost, queue) => call('DELETE', `/queues/${vhost}/${queue}`),
      publish: async ({ vhost, queue, body }) => {
        const client = await openRaw(url);
        await client.connect({ vhost, login, password });
        const headers = {
          destination: `/amq/queue/${queue}`,
          persistent: 'true',
          durable: 'true',
          'auto-delete': 'false',
          'content-type': 'application/json',
          'x-message-id': messageId(vhost, queue, body),
        };
        client.send('SEND', headers, body.toString());
        await client.settle();
        client.ws.terminate();
      },
    },
    stop: () => Promise.resolve(),
  };
}
