import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBroker } from '../../src/sandbox/broker/broker.ts';
import { handles, leakedSince } from './handles.ts';
import { scenarios } from './scenarios.ts';
import { HEARTBEAT_MS, PASSCODE, QUEUE, type TestBroker } from './test-broker.ts';

let broker: TestBroker;
let stop: () => Promise<void>;
let baseline: string[];

/** The broker of the sandbox. The same scenarios run against RabbitMQ in test/labs. */
beforeEach(async () => {
  baseline = handles();
  const emulation = createBroker();
  const server = createServer().on('upgrade', emulation.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  emulation.putVhost('vhost');
  emulation.putUser('login', PASSCODE);
  emulation.putPermission('vhost', 'login');
  emulation.putQueue('vhost', QUEUE);
  stop = async () => {
    await emulation.close();
    server.close();
    await once(server, 'close');
  };
  broker = {
    link: {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
      registration: { login: 'login', vhost: 'vhost', queues: [{ name: QUEUE, objectType: undefined }] },
      passcode: PASSCODE,
      prefetch: 16,
      heartbeatMs: HEARTBEAT_MS,
      connectTimeoutMs: 5000,
      tls: { ca: undefined, verifySsl: true, proxy: undefined },
    },
    publish: async (body) => {
      emulation.publish({ vhost: 'vhost', queue: QUEUE, body });
    },
    putQueue: async () => emulation.putQueue('vhost', QUEUE),
    deleteQueue: async () => emulation.deleteQueue('vhost', QUEUE),
    putUser: async (password) => {
      emulation.putUser('login', password);
      emulation.putPermission('vhost', 'login');
    },
    deleteUser: async () => emulation.deleteUser('login'),
    cut: () => emulation.fault({ kind: 'reset' }),
    freeze: () => emulation.fault({ kind: 'silence' }),
    thaw: () => undefined,
  };
});

afterEach(async () => {
  await stop();
  expect(await leakedSince(baseline)).toEqual([]);
});

test.each(Object.entries(scenarios))('%s', (_, run) => run(broker));
