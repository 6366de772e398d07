import { Client, type IFrame, type IMessage } from '@stomp/stompjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type OwnTarget, startOwn } from './target.ts';

let own: OwnTarget;
const clients: Client[] = [];

beforeEach(async () => {
  own = await startOwn();
  own.broker.putVhost('v');
  own.broker.putUser('l', 'p');
  own.broker.putPermission('v', 'l');
  own.broker.putQueue('v', 'consumer_1');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.deactivate({ force: true })));
  await own.stop();
});

interface Seen {
  readonly client: Client;
  readonly messages: IMessage[];
  readonly errors: IFrame[];
  readonly closes: { code: number; reason: string }[];
}

function start(passcode = 'p', queue = 'consumer_1'): Seen {
  const seen: Omit<Seen, 'client'> = { messages: [], errors: [], closes: [] };
  const client = new Client({
    webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${own.port}/rmqws-stomp`, ['v12.stomp']),
    connectHeaders: { host: 'v', login: 'l', passcode },
    reconnectDelay: 0,
    heartbeatIncoming: 10_000,
    heartbeatOutgoing: 10_000,
    debug: () => undefined,
    onConnect: () => {
      const headers = { id: queue, ack: 'client-individual', 'prefetch-count': '16' };
      client.subscribe(`/amq/queue/${queue}`, (message) => seen.messages.push(message), headers);
    },
    onStompError: (frame) => seen.errors.push(frame),
    onWebSocketClose: (event: { code: number; reason: string }) =>
      seen.closes.push({ code: event.code, reason: event.reason }),
  });
  clients.push(client);
  client.activate();
  return { ...seen, client };
}

test('subscribes, receives, acknowledges and leaves', async () => {
  const { client, messages, closes } = start();
  await expect.poll(() => own.broker.sessions()).toMatchObject([{ vhost: 'v', login: 'l', subscriptions: 1 }]);
  own.broker.publish({ vhost: 'v', queue: 'consumer_1', body: '{"order_uuid":"é"}' });
  await expect.poll(() => messages.length).toBe(1);
  expect(JSON.parse(messages[0]?.body ?? '')).toEqual({ order_uuid: 'é' });
  expect(messages[0]?.headers).toMatchObject({ subscription: 'consumer_1', destination: '/queue/consumer_1' });
  messages[0]?.ack();
  await expect.poll(() => own.broker.depth('v', 'consumer_1')).toEqual({ ready: 0, unacked: 0 });
  await client.deactivate();
  expect(closes).toEqual([{ code: 1000, reason: 'STOMP died' }]);
  expect(own.broker.sessions()).toEqual([]);
});

test('what it does not acknowledge comes again to the next', async () => {
  const first = start();
  own.broker.publish({ vhost: 'v', queue: 'consumer_1', body: '{}' });
  await expect.poll(() => first.messages.length).toBe(1);
  await first.client.deactivate();
  const second = start();
  await expect.poll(() => second.messages[0]?.headers['redelivered']).toBe('true');
});

test('sees bad credentials as an ERROR on a socket that stays open', async () => {
  const { errors, closes } = start('wrong');
  await expect.poll(() => errors.length).toBe(1);
  expect([errors[0]?.headers['message'], errors[0]?.body]).toEqual(['Bad CONNECT', "Access refused for user 'l'\n"]);
  expect(closes).toEqual([]);
});

test('sees a missing queue as a close without an ERROR', async () => {
  const { errors, closes } = start('p', 'missing');
  await expect.poll(() => closes).toEqual([{ code: 1000, reason: 'STOMP died' }]);
  expect(errors).toEqual([]);
});
