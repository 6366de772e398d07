import { systemClock } from '../../lib/clock.ts';
import { isAgentError } from '../../lib/errors.ts';
import { createHttp, type Http } from '../../lib/http.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import type { Bus } from '../bus.ts';
import type { RabbitmqOptions } from './options.ts';
import { createPublisher } from './publish.ts';

export type { RabbitmqOptions } from './options.ts';

/** The arguments of every queue that Mastermind declares. */
const QUEUE_ARGUMENTS = {
  'x-message-ttl': 3_600_000,
  'x-max-length': 10_000,
  'x-overflow': 'reject-publish-dlx',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': 'waldur.dlq.messages',
};
const EVERYTHING = { configure: '.*', write: '.*', read: '.*' };
const TIMEOUT_MS = 10_000;

/** RabbitMQ, managed and published to by the calls that Mastermind makes. What it was asked to create goes at `close`. */
export function createRabbitmqBus(options: RabbitmqOptions): Bus {
  const http = connect(options);
  const never = new AbortController().signal;
  const vhosts = new Set<string>();
  const logins = new Set<string>();
  const call = async (
    method: 'GET' | 'PUT' | 'DELETE',
    names: readonly string[],
    body?: JsonObject,
  ): Promise<unknown> => {
    const path = names.map(encodeURIComponent).join('/');
    const request = { operation: `rabbitmq.${names[0]}`, method, path, ...(body === undefined ? {} : { body }) };
    return (await http.request(request, never)).body;
  };
  const exists = (...names: readonly string[]): Promise<unknown> => call('GET', names).catch(unlessMissing);
  const remove = (...names: readonly string[]): Promise<void> => call('DELETE', names).then(nothing, unlessMissing);
  const publisher = createPublisher(options);

  return {
    putVhost: async (vhost) => {
      vhosts.add(vhost);
      await call('PUT', ['vhosts', vhost], {});
    },
    putUser: async (login, password) => {
      logins.add(login);
      await call('PUT', ['users', login], { password, tags: [] });
    },
    hasUser: async (login) => login !== '' && (await exists('users', login)) !== undefined,
    deleteUser: async (login) => {
      if (login !== '') await remove('users', login);
    },
    putPermission: async (vhost, login) => {
      await call('PUT', ['permissions', vhost, login], EVERYTHING);
    },
    hasPermission: async (vhost, login) => {
      const rows = await exists('vhosts', vhost, 'permissions');
      return Array.isArray(rows) && rows.some((row: unknown) => isJsonObject(row) && row['user'] === login);
    },
    deletePermission: (vhost, login) => remove('permissions', vhost, login),
    putQueue: async (vhost, queue) => {
      await call('PUT', ['queues', vhost, queue], { durable: true, auto_delete: false, arguments: QUEUE_ARGUMENTS });
    },
    deleteQueue: (vhost, queue) => remove('queues', vhost, queue),
    purgeQueue: (vhost, queue) => remove('queues', vhost, queue, 'contents'),
    publish: publisher.publish,
    close: async () => {
      await publisher.close();
      // A broker that is gone has left nothing behind.
      const removals = [...vhosts].map((vhost) => remove('vhosts', vhost));
      await Promise.allSettled([...removals, ...[...logins].map((login) => remove('users', login))]);
      http.close();
    },
  };
}

function connect(options: RabbitmqOptions): Http {
  const credentials = Buffer.from(`${options.user}:${options.password}`).toString('base64');
  return createHttp(
    {
      peer: 'RabbitMQ',
      baseUrl: options.apiUrl,
      // As Mastermind, nothing is kept open: it would break when the broker is restarted.
      headers: async () => ({ authorization: `Basic ${credentials}`, connection: 'close' }),
      timeoutMs: TIMEOUT_MS,
    },
    { clock: systemClock },
  );
}

function nothing(): void {
  // Responses have no body that matters.
}

function unlessMissing(error: unknown): undefined {
  if (isAgentError(error) && error.status === 404) return undefined;
  throw error;
}
