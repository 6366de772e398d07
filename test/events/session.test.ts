import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LinkOptions } from '../../src/events/link.ts';
import { session } from '../../src/events/session.ts';
import {
  type Behaviour,
  CONNECTED,
  type FakeBroker,
  type FakeOptions,
  messageFrame,
  startBroker,
} from '../fakes/broker.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { handles, leakedSince } from './handles.ts';
import { type Listener, listen } from './listen.ts';

let broker: FakeBroker;
let clock: ManualClock;
let baseline: string[];

beforeEach(() => {
  baseline = handles();
  clock = manualClock();
});

afterEach(async () => {
  await broker.close();
  expect(clock.pending()).toBe(0);
  expect(await leakedSince(baseline)).toEqual([]);
});

async function start(fake: FakeOptions = {}, options: Partial<LinkOptions> = {}): Promise<Listener> {
  broker = await startBroker(fake);
  return listen(linkTo(broker.url, options), clock);
}

function linkTo(url: string, options: Partial<LinkOptions> = {}): LinkOptions {
  return {
    url,
    registration: { login: 'login', vhost: 'vhost', queues: [{ name: 'consumer_1', objectType: undefined }] },
    passcode: 'pass:code',
    prefetch: 4,
    heartbeatMs: 10_000,
    connectTimeoutMs: 30_000,
    tls: { ca: undefined, verifySsl: true, proxy: undefined },
    ...options,
  };
}

/** Promises so little that only the deadline of the connect can strike. */
const LAZY: Behaviour = { CONNECT: (c) => c.raw(CONNECTED.replace('10000,10000', '60000,60000')) };

describe('a healthy session', () => {
  test('logs in, subscribes, and says DISCONNECT without waiting for a receipt', async () => {
    const listener = await start();
    await listener.subscribed;
    const connection = await broker.connection(0);
    listener.abort();
    expect(await listener.done).toBeUndefined();
    await connection.closed;
    expect(connection.frames.map((frame) => frame.command)).toEqual(['CONNECT', 'SUBSCRIBE', 'DISCONNECT']);
    expect(connection.frames[0]?.headers).toEqual({
      'accept-version': '1.2',
      'heart-beat': '10000,10000',
      host: 'vhost',
      login: 'login',
      passcode: 'pass:code',
    });
    expect(connection.frames[1]?.headers).toMatchObject({
      destination: '/amq/queue/consumer_1',
      ack: 'client-individual',
      'prefetch-count': '4',
    });
  });

  test('a passcode is one header, whatever it holds', async () => {
    const listener = await start({}, { passcode: 'a\\b\r\nlogin:admin' });
    const connect = await (await broker.connection(0)).received('CONNECT');
    expect(connect.headers).toMatchObject({ login: 'login', passcode: 'a\\\\b\\r\\nlogin:admin' });
    listener.abort();
    await listener.done;
  });

  test('delivers, and acks each delivery once however often it is asked to', async () => {
    const listener = await start();
    const connection = await broker.connection(0);
    await listener.subscribed;
    connection.message('{"a":"ä"}', { redelivered: 'true', 'message-id': 'm1', ack: 'a1' });
    connection.message('{"a":"ä"}', { 'message-id': 'm2', ack: 'a2' });
    await listener.delivery(2);
    expect(listener.deliveries).toMatchObject([
      { id: 'm1', body: '{"a":"ä"}', redelivered: true, objectType: undefined },
      { id: 'm2', body: '{"a":"ä"}', redelivered: false, objectType: undefined },
    ]);
    for (const delivery of [...listener.deliveries, ...listener.deliveries]) delivery.ack();
    await connection.received('ACK', 2);
    listener.abort();
    await connection.received('DISCONNECT');
    const acks = connection.frames.filter((frame) => frame.command === 'ACK');
    expect(acks.map((frame) => frame.headers['id'])).toEqual(['a1', 'a2']);
    await listener.done;
  });

  test('an ack that comes after the session is forgotten', async () => {
    const listener = await start();
    const connection = await broker.connection(0);
    await listener.subscribed;
    connection.message('{}');
    const delivery = await listener.delivery(1);
    listener.abort();
    delivery.ack();
    await listener.done;
    delivery.ack();
    await connection.closed;
    expect(connection.frames.map((frame) => frame.command)).not.toContain('ACK');
  });

  test('several queues share one session, each with the type of its messages', async () => {
    const queues = ['order', 'resource'].map((objectType) => ({ name: `subscription_${objectType}`, objectType }));
    const listener = await start({}, { registration: { login: 'l', vhost: 'v', queues } });
    await listener.subscribed;
    const connection = await broker.connection(0);
    const subscriptions = connection.frames.filter((frame) => frame.command === 'SUBSCRIBE');
    expect(subscriptions.map((frame) => frame.headers['destination'])).toEqual([
      '/amq/queue/subscription_order',
      '/amq/queue/subscription_resource',
    ]);
    connection.message('second', { subscription: subscriptions[1]?.headers['id'] ?? '' });
    connection.message('first', { subscription: subscriptions[0]?.headers['id'] ?? '' });
    await listener.delivery(2);
    expect(listener.deliveries.map((each) => [each.objectType, each.body])).toEqual([
      ['resource', 'second'],
      ['order', 'first'],
    ]);
    listener.abort();
    await listener.done;
  });

  test('one of several subscriptions is not enough', async () => {
    const queues = ['order', 'resource'].map((objectType) => ({ name: objectType, objectType }));
    const onlyFirst: FakeOptions = {
      on: {
        ...LAZY,
        SUBSCRIBE: (connection, { headers }) => {
          if (headers['id'] === '0') connection.raw(`RECEIPT\nreceipt-id:${headers['receipt']}\n\n\0`);
        },
      },
    };
    const listener = await start(onlyFirst, { registration: { login: 'l', vhost: 'v', queues } });
    await (await broker.connection(0)).received('SUBSCRIBE', 2);
    await clock.advance(30_000);
    expect(await listener.done).toMatchObject({ code: 'STOMP_CONNECT_TIMEOUT' });
  });

  test('frames in pieces, frames together, and heart-beats in between', async () => {
    const listener = await start();
    const connection = await broker.connection(0);
    await listener.subscribed;
    const [one, two, three] = ['ä1', 'ä2', 'ä3'].map((body) => Buffer.from(messageFrame(body)));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three frames');
    for (const byte of one) connection.raw(Buffer.from([byte]));
    connection.raw('\n');
    connection.raw(Buffer.concat([Buffer.from('\n\n'), two, three.subarray(0, 20)]));
    connection.raw(three.subarray(20));
    connection.raw('MESSAGE\r\nsubscription:0\r\nack:x\r\nmessage-id:a\\cb\\\\d\r\n\r\nno length\0');
    expect(await listener.delivery(4)).toMatchObject({ id: 'a:b\\d', body: 'no length' });
    expect(listener.deliveries.map((each) => each.body)).toEqual(['ä1', 'ä2', 'ä3', 'no length']);
    listener.abort();
    await listener.done;
  });

  test('a slow stream of frames never adds up to an oversized one', async () => {
    const listener = await start();
    const connection = await broker.connection(0);
    await listener.subscribed;
    const body = 'x'.repeat(900_000);
    for (let i = 1; i <= 4; i++) {
      connection.message(body);
      (await listener.delivery(i)).ack();
    }
    listener.abort();
    expect(await listener.done).toBeUndefined();
  });

  test('any data is a sign of life', async () => {
    const listener = await start();
    const connection = await broker.connection(0);
    await listener.subscribed;
    for (let i = 1; i <= 3; i++) {
      await clock.advance(19_999);
      connection.message('{}');
      await listener.delivery(i);
    }
    await clock.advance(19_999);
    listener.abort();
    expect(await listener.done).toBeUndefined();
  });
});

const BEATS = 'heart-beat:10000,10000';
const BIG = 'x'.repeat(1024 * 1024);

describe('what ends a session', () => {
  test.each<[string, FakeOptions, string]>([
    [
      'bad credentials, with the socket left open',
      { on: { CONNECT: (c) => c.raw("ERROR\nmessage:Bad CONNECT\n\nAccess refused for user 'login'\n\0\n") } },
      'STOMP_REFUSED',
    ],
    [
      'a version the broker does not speak',
      { on: { CONNECT: (c) => c.raw('ERROR\nmessage:Version mismatch\n\nSupported versions are 1.0\n\0') } },
      'STOMP_PROTOCOL',
    ],
    ['another version', { on: { CONNECT: (c) => c.raw(`CONNECTED\nversion:1.1\n${BEATS}\n\n\0`) } }, 'STOMP_PROTOCOL'],
    ['no heart-beats', { on: { CONNECT: (c) => c.raw('CONNECTED\nversion:1.2\n\n\0') } }, 'STOMP_PROTOCOL'],
    ['a missing queue', { on: { SUBSCRIBE: (c) => c.close(1000, 'STOMP died') } }, 'STOMP_QUEUE_MISSING'],
    [
      'a missing queue, said so',
      { on: { SUBSCRIBE: (c) => c.raw('ERROR\nmessage:not_found\n\nno queue\0') } },
      'STOMP_QUEUE_MISSING',
    ],
    [
      'a deleted queue, with the socket left open',
      { on: { SUBSCRIBE: (c) => c.raw('ERROR\nmessage:Server cancelled subscription\nsubscription:0\n\n\0') } },
      'STOMP_QUEUE_MISSING',
    ],
    ['an ERROR of any other kind', { on: { SUBSCRIBE: (c) => c.raw('ERROR\n\n\0') } }, 'STOMP_PROTOCOL'],
    ['a frame that is none', { on: { SUBSCRIBE: (c) => c.raw('HELLO\n\n\0') } }, 'STOMP_PROTOCOL'],
    ['HTML', { on: { CONNECT: (c) => c.raw('<html>\n\n</html>\0') } }, 'STOMP_PROTOCOL'],
    [
      'a message of no subscription',
      { on: { SUBSCRIBE: (c) => c.message('{}', { subscription: '7' }) } },
      'STOMP_PROTOCOL',
    ],
    ['more than was asked for', { on: { SUBSCRIBE: (c) => c.raw(messageFrame('{}').repeat(5)) } }, 'STOMP_PROTOCOL'],
    ['an oversized body', { on: { SUBSCRIBE: (c) => c.message(BIG) } }, 'STOMP_PROTOCOL'],
    [
      'an oversized body in small pieces',
      {
        on: {
          SUBSCRIBE: (c) => {
            c.raw('MESSAGE\nsubscription:0\n\n');
            for (let i = 0; i <= 16; i++) c.raw(BIG.slice(0, BIG.length / 16));
          },
        },
      },
      'STOMP_PROTOCOL',
    ],
    [
      'a length that is none',
      { on: { SUBSCRIBE: (c) => c.raw(`MESSAGE\nsubscription:0\ncontent-length:x\n\n${BIG}`) } },
      'STOMP_PROTOCOL',
    ],
    ['bytes', { on: { SUBSCRIBE: (c) => c.raw(Buffer.from([0xff, 0x00, 10, 10, 0])) } }, 'STOMP_PROTOCOL'],
    [
      'half a frame',
      {
        on: {
          SUBSCRIBE: (c) => {
            c.raw('MESSAGE\nsubscr');
            c.close(1000, '');
          },
        },
      },
      'STOMP_CLOSED',
    ],
    ['a reset', { on: { SUBSCRIBE: (c) => c.reset() } }, 'STOMP_CLOSED'],
    ['an idle close', { on: { SUBSCRIBE: (c) => c.close(1000, '') } }, 'STOMP_CLOSED'],
    ['a proxy that restarts', { on: { CONNECT: (c) => c.close(1012, 'service restart') } }, 'STOMP_CLOSED'],
    ['death before SUBSCRIBE', { on: { CONNECT: (c) => c.close(1000, 'STOMP died') } }, 'STOMP_DIED'],
    ['an unknown path', { upgrade: 404 }, 'STOMP_WRONG_PATH'],
    ['a redirect', { upgrade: 302 }, 'STOMP_WRONG_PATH'],
    ['a proxy that wants a login', { upgrade: 401 }, 'STOMP_PROXY'],
    ['no broker behind the proxy', { upgrade: 502 }, 'STOMP_UNREACHABLE'],
  ])('%s', async (_, fake, code) => {
    const listener = await start(fake);
    const error = await listener.done;
    expect(error).toMatchObject({ code });
    expect(error?.message).not.toContain('pass:code');
  });

  test('nothing listens', async () => {
    broker = await startBroker();
    await broker.close();
    const listener = listen(linkTo(broker.url), clock);
    expect(await listener.done).toMatchObject({ code: 'STOMP_UNREACHABLE', disposition: 'transient' });
    broker = await startBroker();
  });

  test('death later on is not about the queue', async () => {
    const listener = await start();
    await listener.subscribed;
    await clock.advance(5001);
    (await broker.connection(0)).close(1000, 'STOMP died');
    expect(await listener.done).toMatchObject({ code: 'STOMP_DIED' });
  });

  test('what is undelivered when a session is lost is left to the broker', async () => {
    broker = await startBroker();
    const stream = session(linkTo(broker.url), { clock, onSubscribed: () => undefined }, new AbortController().signal);
    const first = stream.next();
    const connection = await broker.connection(0);
    await connection.received('SUBSCRIBE');
    connection.raw(`${messageFrame('1')}${messageFrame('2')}ERROR\nmessage:x\n\n\0`);
    await expect(first).rejects.toMatchObject({ code: 'STOMP_PROTOCOL' });
  });

  test.each<[string, FakeOptions, (it: FakeBroker) => Promise<unknown>]>([
    ['to the upgrade', { upgrade: 'silence' }, async () => undefined],
    ['to CONNECT', { on: { CONNECT: () => undefined } }, async (it) => (await it.connection(0)).received('CONNECT')],
    [
      'to SUBSCRIBE',
      { on: { ...LAZY, SUBSCRIBE: () => undefined } },
      async (it) => (await it.connection(0)).received('SUBSCRIBE'),
    ],
  ])('no answer %s', async (_, fake, reached) => {
    const listener = await start(fake);
    await reached(broker);
    await clock.advance(29_999);
    expect(clock.pending()).toBeGreaterThan(0);
    await clock.advance(1);
    expect(await listener.done).toMatchObject({ code: 'STOMP_CONNECT_TIMEOUT', disposition: 'transient' });
  });

  test('a frozen broker, after two heart-beats', async () => {
    const listener = await start();
    await listener.subscribed;
    (await broker.connection(0)).freeze();
    await clock.advance(19_999);
    expect(clock.pending()).toBeGreaterThan(0);
    await clock.advance(1);
    expect(await listener.done).toMatchObject({ code: 'STOMP_HEARTBEAT_LOST', disposition: 'transient' });
  });
});

describe('an abort', () => {
  test('before the start', async () => {
    broker = await startBroker();
    const stream = session(linkTo(broker.url), { clock, onSubscribed: () => undefined }, AbortSignal.abort());
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test.each<[string, FakeOptions, ((it: FakeBroker) => Promise<unknown>) | undefined]>([
    ['before the first packet', {}, undefined],
    ['while the upgrade waits', { upgrade: 'silence' }, undefined],
    [
      'while CONNECT waits',
      { on: { CONNECT: () => undefined } },
      async (it) => (await it.connection(0)).received('CONNECT'),
    ],
    [
      'while SUBSCRIBE waits',
      { on: { SUBSCRIBE: () => undefined } },
      async (it) => (await it.connection(0)).received('SUBSCRIBE'),
    ],
    ['while it streams', {}, async (it) => (await it.connection(0)).received('SUBSCRIBE')],
  ])('%s', async (_, fake, reached) => {
    const listener = await start(fake);
    await reached?.(broker);
    listener.abort();
    expect(await listener.done).toBeUndefined();
  });

  test('of a frozen session takes two seconds at most', async () => {
    const listener = await start();
    await listener.subscribed;
    (await broker.connection(0)).freeze();
    listener.abort();
    await clock.advance(1999);
    expect(clock.pending()).toBe(1);
    await clock.advance(1);
    expect(await listener.done).toBeUndefined();
  });

  test('a consumer that leaves ends the session', async () => {
    broker = await startBroker({ on: { SUBSCRIBE: (c) => c.message('{}') } });
    const signal = new AbortController().signal;
    for await (const delivery of session(linkTo(broker.url), { clock, onSubscribed: () => undefined }, signal)) {
      expect(delivery.body).toBe('{}');
      break;
    }
    const connection = await broker.connection(0);
    await connection.closed;
    expect(connection.frames.at(-1)?.command).toBe('DISCONNECT');
  });
});
