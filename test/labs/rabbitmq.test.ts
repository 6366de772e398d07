import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toUuid } from '../../src/lib/ids.ts';
import type { Bus } from '../../src/sandbox/bus.ts';
import { createRabbitmqBus } from '../../src/sandbox/rabbitmq/bus.ts';
import { handles, leakedSince } from '../events/handles.ts';
import { scenarios, timedScenarios } from '../events/scenarios.ts';
import { HEARTBEAT_MS, PASSCODE, QUEUE, type TestBroker } from '../events/test-broker.ts';
import { rabbitmqOf, signalRabbitmq } from '../fakes/rabbitmq.ts';

const RABBITMQ = rabbitmqOf(process.env);

let broker: TestBroker;
let relay: Relay;
let bus: Bus;
let baseline: string[];

beforeEach(async () => {
  baseline = handles();
  relay = await startRelay(RABBITMQ.wsUrl);
  bus = createRabbitmqBus(RABBITMQ);
  const [vhost, login] = [hex(), hex()];
  const putUser = async (password: string): Promise<void> => {
    await bus.putUser(login, password);
    await bus.putPermission(vhost, login);
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
    publish: async (body) => {
      expect(await bus.publish({ vhost, queue: QUEUE, body })).toBe(true);
    },
    putQueue: async () => bus.putQueue(vhost, QUEUE),
    deleteQueue: async () => bus.deleteQueue(vhost, QUEUE),
    putUser,
    deleteUser: async () => bus.deleteUser(login),
    cut: () => relay.cut(),
    freeze: () => signalRabbitmq('SIGSTOP'),
    thaw: () => signalRabbitmq('SIGCONT'),
  };
  await bus.putVhost(vhost);
  await putUser(PASSCODE);
  await broker.putQueue();
});

afterEach(async () => {
  broker.thaw();
  await relay.close();
  await bus.close();
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

function hex(): string {
  return toUuid(crypto.randomUUID()) ?? '';
}
