import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toUuid } from '../../src/lib/ids.ts';
import { handles, leakedSince } from '../events/handles.ts';
import { scenarios, timedScenarios } from '../events/scenarios.ts';
import { HEARTBEAT_MS, PASSCODE, QUEUE, type TestBroker } from '../events/test-broker.ts';

const WS_URL = env('RMQ_WS_URL');
const API = env('RMQ_API');
const PID = Number(env('RMQ_PID'));
const AUTHORIZATION = `Basic ${btoa(`${env('RMQ_USER')}:${env('RMQ_PASSWORD')}`)}`;

/** As Mastermind declares them. */
const QUEUE_ARGUMENTS = {
  'x-message-ttl': 3_600_000,
  'x-max-length': 10_000,
  'x-overflow': 'reject-publish-dlx',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': 'waldur.dlq.messages',
};

let broker: TestBroker;
let relay: Relay;
let vhost: string;
let login: string;
let baseline: string[];

beforeEach(async () => {
  baseline = handles();
  relay = await startRelay(WS_URL);
  vhost = hex();
  login = hex();
  const queue = `/queues/${vhost}/${QUEUE}`;
  const putUser = async (password: string): Promise<void> => {
    await call('PUT', `/users/${login}`, { password, tags: [] });
    await call('PUT', `/permissions/${vhost}/${login}`, { configure: '.*', write: '.*', read: '.*' });
  };
  broker = {
    link: {
      url: relay.url,
      registration: { login, vhost, queues: [{ name: QUEUE, objectType: undefined }] },
      passcode: PASSCODE,
      prefetch: 16,
      heartbeatMs: HEARTBEAT_MS,
      connectTimeoutMs: 10_000,
      tls: { ca: undefined, verifySsl: true, proxy: undefined },
    },
    publish: async (payload) => {
      const message = { properties: {}, routing_key: QUEUE, payload, payload_encoding: 'string' };
      expect(await call('POST', `/exchanges/${vhost}/amq.default/publish`, message)).toEqual({ routed: true });
    },
    putQueue: async () => {
      await call('PUT', queue, { durable: true, auto_delete: false, arguments: QUEUE_ARGUMENTS });
    },
    deleteQueue: async () => {
      await call('DELETE', queue);
    },
    putUser,
    deleteUser: async () => {
      await call('DELETE', `/users/${login}`);
    },
    cut: () => relay.cut(),
    freeze: () => process.kill(PID, 'SIGSTOP'),
    thaw: () => process.kill(PID, 'SIGCONT'),
  };
  await call('PUT', `/vhosts/${vhost}`, {});
  await putUser(PASSCODE);
  await broker.putQueue();
});

afterEach(async () => {
  broker.thaw();
  await relay.close();
  await call('DELETE', `/vhosts/${vhost}`);
  await call('DELETE', `/users/${login}`, undefined, [404]);
  expect(await leakedSince(baseline)).toEqual([]);
});

test.each(Object.entries({ ...scenarios, ...timedScenarios }))('%s', (_, run) => run(broker));

interface Relay {
  readonly url: string;
  cut(): void;
  close(): Promise<void>;
}

/** A way to the broker that can break: closing a connection through the management API is not the same. */
async function startRelay(target: string): Promise<Relay> {
  const { hostname, port, pathname } = new URL(target);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    keep(client, upstream);
    keep(upstream, client);
    client.pipe(upstream).pipe(client);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

async function call(method: string, path: string, body?: unknown, also: readonly number[] = []): Promise<unknown> {
  const response = await fetch(`${API}${path}`, {
    method,
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json', connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok && !also.includes(response.status)) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' || !response.ok ? undefined : JSON.parse(text);
}

function hex(): string {
  return toUuid(crypto.randomUUID()) ?? '';
}

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run test/labs/rabbitmq.sh`);
  return value;
}
