import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type BrokerEntry, createBroker } from '../../../src/sandbox/broker/broker.ts';
import { messageId } from '../../../src/sandbox/broker/message-id.ts';
import { manualClock } from '../../fakes/clock.ts';
import { openRaw, type RawClient } from './raw-client.ts';
import { type OwnTarget, startOwn } from './target.ts';

const LOGIN = { vhost: 'v', login: 'l', password: 'p' };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: Parameters<typeof startOwn>[0] = {}): Promise<OwnTarget> {
  const own = await startOwn(options);
  stops.push(() => own.stop());
  provision(own.broker);
  return own;
}

function provision(broker: OwnTarget['broker']): void {
  broker.putVhost('v');
  broker.putUser('l', 'p');
  broker.putPermission('v', 'l');
  broker.putQueue('v', 'q');
}

async function subscribed(url: string, headers: Record<string, string> = {}, options = {}): Promise<RawClient> {
  const client = await openRaw(url, ['v12.stomp'], options);
  await client.connect(LOGIN);
  client.send('SUBSCRIBE', { id: 's', destination: '/amq/queue/q', receipt: 'r', ...headers });
  await client.next();
  return client;
}

describe('management', () => {
  test('what was put is there until it is deleted', () => {
    const broker = createBroker();
    provision(broker);
    expect([broker.hasUser('l'), broker.hasPermission('v', 'l'), broker.hasQueue('v', 'q')]).toEqual([
      true,
      true,
      true,
    ]);
    broker.deletePermission('v', 'l');
    expect(broker.hasPermission('v', 'l')).toBe(false);
    broker.putPermission('v', 'l');
    broker.deleteUser('l');
    broker.deleteQueue('v', 'q');
    expect([broker.hasUser('l'), broker.hasPermission('v', 'l'), broker.hasQueue('v', 'q')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(broker.depth('v', 'q')).toEqual({ ready: 0, unacked: 0 });
    expect([broker.hasPermission('x', 'l'), broker.hasQueue('x', 'q')]).toEqual([false, false]);
  });

  test('putting again keeps what is there', () => {
    const broker = createBroker();
    provision(broker);
    broker.publish({ vhost: 'v', queue: 'q', body: '' });
    provision(broker);
    expect(broker.depth('v', 'q').ready).toBe(1);
    broker.purgeQueue('v', 'q');
    expect(broker.depth('v', 'q').ready).toBe(0);
  });

  test('a vhost must exist', () => {
    const broker = createBroker();
    expect(() => broker.putQueue('v', 'q')).toThrow(RangeError);
    expect(() => broker.putPermission('v', 'l')).toThrow(RangeError);
  });
});

describe('publishing', () => {
  test('to nowhere is lost', () => {
    const broker = createBroker();
    expect(broker.publish({ vhost: 'v', queue: 'q', body: '' })).toBe(false);
    broker.putVhost('v');
    expect(broker.publish({ vhost: 'v', queue: 'q', body: '' })).toBe(false);
  });

  test('fills a queue to ten thousand and drops the newest', () => {
    const broker = createBroker();
    provision(broker);
    const taken = Array.from({ length: 10_002 }, (_, i) => broker.publish({ vhost: 'v', queue: 'q', body: `${i}` }));
    expect(taken.filter(Boolean)).toHaveLength(10_000);
    expect(taken.slice(-3)).toEqual([true, false, false]);
  });

  test('messages live for one hour of the injected clock', async () => {
    const clock = manualClock();
    const broker = createBroker({ clock });
    provision(broker);
    broker.publish({ vhost: 'v', queue: 'q', body: '' });
    await clock.advance(3_599_999);
    expect(broker.depth('v', 'q').ready).toBe(1);
    await clock.advance(1);
    expect(broker.depth('v', 'q').ready).toBe(0);
  });

  test('the message id depends on vhost, topic and payload only', async () => {
    const own = await start();
    const client = await subscribed(own.url);
    own.broker.publish({ vhost: 'v', queue: 'q', body: '{}' });
    own.broker.publish({ vhost: 'v', queue: 'q', topic: 'a/b', body: '{}', headers: { 'content-type': 'text/plain' } });
    const [plain, named] = [await client.next(), await client.next()];
    // sha256 of "v:q:{}"
    expect(plain.headers.get('x-message-id')).toBe('88d3dbdfccc2880ba42c0ba1f09ae1d6');
    expect(named.headers.get('x-message-id')).toBe(messageId('v', 'a/b', '{}'));
    expect(named.headers.get('content-type')).toBe('text/plain');
  });

  test('fans out thousands of messages in a moment', async () => {
    const own = await start();
    const readers = await Promise.all(Array.from({ length: 4 }, () => subscribed(own.url, { ack: 'auto' })));
    const body = JSON.stringify({ order_uuid: 'a'.repeat(32), attributes: { name: 'x'.repeat(300) } });
    const cpu = process.cpuUsage();
    for (let i = 0; i < 8000; i++) own.broker.publish({ vhost: 'v', queue: 'q', body });
    await expect
      .poll(() => readers.every((reader) => reader.texts.length === 2 + 2000), { timeout: 60_000 })
      .toBe(true);
    const { user, system } = process.cpuUsage(cpu);
    // Both ends and the test's parser in one process: still far below a millisecond a message.
    expect((user + system) / 1000 / 8000).toBeLessThan(1);
  });
});

describe('connections', () => {
  test('60 seconds without a byte end them, logged in or not', async () => {
    const own = await start({ timeScale: 100 });
    const [silent, beaten] = [await openRaw(own.url), await openRaw(own.url)];
    await beaten.connect(LOGIN, { 'heart-beat': '0,5000' });
    expect(await silent.closed).toEqual({ code: 1000, reason: '', unread: [] });
    expect(await beaten.closed).toEqual({ code: 1000, reason: '', unread: [] });
    expect(beaten.texts.filter((text) => text === '\n').length).toBeGreaterThan(5);
  });

  test('speak 1.1 with the message id in ACK, and 1.0 when nothing is asked for', async () => {
    const own = await start();
    const client = await openRaw(own.url);
    expect((await client.connect(LOGIN, { 'accept-version': '1.0,1.1' })).headers.get('version')).toBe('1.1');
    client.send('SUBSCRIBE', { id: 's', destination: '/amq/queue/q', ack: 'client' });
    own.broker.publish({ vhost: 'v', queue: 'q', body: '' });
    const frame = await client.next();
    expect(frame.headers.has('ack')).toBe(false);
    client.send('ACK', { 'message-id': frame.headers.get('message-id') ?? '' });
    await client.settle();
    expect(own.broker.depth('v', 'q')).toEqual({ ready: 0, unacked: 0 });
    const old = await openRaw(own.url, []);
    old.raw('CONNECT\nhost:v\nlogin:l\npasscode:p\n\n\0');
    expect((await old.next()).headers.get('version')).toBe('1.0');
  });

  test('work over TLS', async () => {
    const pem = readFileSync(new URL('loopback.pem', import.meta.url), 'utf8');
    const broker = createBroker();
    provision(broker);
    const server = createTlsServer({ key: pem, cert: pem }).on('upgrade', broker.upgrade);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(
      () => broker.close(),
      () => new Promise((resolve) => server.close(resolve)),
    );
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/rmqws-stomp`;
    await expect(openRaw(url)).rejects.toThrow('self-signed certificate');
    const client = await subscribed(url, {}, { ca: pem });
    broker.publish({ vhost: 'v', queue: 'q', body: 'a' });
    expect((await client.next()).body.toString()).toBe('a');
    broker.fault({ kind: 'reset' });
    expect((await client.closed).code).toBe(1006);
  });

  test('are cut when the broker closes, also silent ones, and not accepted afterwards', async () => {
    const own = await start();
    const [silent, other] = [await subscribed(own.url), await subscribed(own.url)];
    own.broker.fault({ kind: 'silence', session: own.broker.sessions()[0]?.id ?? '' });
    await own.broker.close();
    expect([(await silent.closed).code, (await other.closed).code]).toEqual([1006, 1006]);
    await expect(openRaw(own.url)).rejects.toThrow('Unexpected server response: 503');
  });

  test('that are no WebSocket handshake are answered and dropped', async () => {
    const own = await start();
    const socket = connect(own.port, '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    socket.destroy();
  });
});

test('everything is observed, passcodes and bodies are not', async () => {
  const entries: BrokerEntry[] = [];
  const own = await start({ observe: (entry) => entries.push(entry) });
  const client = await subscribed(own.url);
  own.broker.publish({ vhost: 'v', queue: 'q', body: 'BODY' });
  await client.next();
  own.broker.fault({ kind: 'reset' });
  await client.closed;
  await expect(openRaw(`ws://127.0.0.1:${own.port}/`)).rejects.toThrow('404');
  await expect
    .poll(() => entries.map(name))
    .toEqual([
      'ws opened',
      'in CONNECT',
      'out CONNECTED',
      'in SUBSCRIBE',
      'out RECEIPT',
      'out MESSAGE',
      'fault reset',
      'ws closed',
      'ws refused',
    ]);
  expect(entries[1]).toMatchObject({ session: 'ws-1', headers: { login: 'l', passcode: '***' } });
  expect(JSON.stringify(entries)).not.toContain('BODY');
});

function name(entry: BrokerEntry): string {
  switch (entry.kind) {
    case 'ws':
      return `ws ${entry.event}`;
    case 'stomp':
      return `${entry.direction} ${entry.command}`;
    case 'fault':
      return `fault ${entry.fault.kind}`;
  }
}
