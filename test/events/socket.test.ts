import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TlsOptions } from '../../src/events/socket.ts';
import { type FakeBroker, startBroker } from '../fakes/broker.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';
import { handles, leakedSince } from './handles.ts';
import { type Listener, listen } from './listen.ts';

const PEM = readFileSync(new URL('../lib/http-fixtures/localhost.pem', import.meta.url), 'utf8');

let broker: FakeBroker;
let proxy: Proxy | undefined;
let clock: ManualClock;
let baseline: string[];

beforeEach(() => {
  baseline = handles();
  clock = manualClock();
  proxy = undefined;
});

afterEach(async () => {
  await proxy?.close();
  await broker.close();
  expect(clock.pending()).toBe(0);
  expect(await leakedSince(baseline)).toEqual([]);
});

function start(tls: Partial<TlsOptions>): Listener {
  return listen(
    {
      url: broker.url,
      registration: { login: 'l', vhost: 'v', queues: [{ name: 'q', objectType: undefined }] },
      passcode: 'p',
      prefetch: 1,
      heartbeatMs: 10_000,
      connectTimeoutMs: 30_000,
      tls: { ca: undefined, verifySsl: true, proxy: proxy?.url, ...tls },
    },
    clock,
  );
}

async function expectSession(listener: Listener): Promise<void> {
  await listener.subscribed;
  listener.abort();
  expect(await listener.done).toBeUndefined();
}

test('a certificate of the given authority is accepted', async () => {
  broker = await startBroker({ tls: PEM });
  await expectSession(start({ ca: PEM }));
});

test.each([false, true])('a certificate for another name is not, proxy or no proxy', async (proxied) => {
  broker = await startBroker({ tls: PEM });
  broker = { ...broker, url: broker.url.replace('localhost', '127.0.0.1') };
  if (proxied) proxy = await startProxy('tunnel');
  expect(await start({ ca: PEM }).done).toMatchObject({ code: 'STOMP_TLS', disposition: 'operator' });
});

test('an unknown authority is for a person to settle', async () => {
  broker = await startBroker({ tls: PEM });
  expect(await start({}).done).toMatchObject({ code: 'STOMP_TLS', disposition: 'operator' });
});

test('without verification any certificate will do', async () => {
  broker = await startBroker({ tls: PEM });
  await expectSession(start({ verifySsl: false }));
});

test('TLS spoken to a port without it', async () => {
  broker = await startBroker();
  broker = { ...broker, url: broker.url.replace('ws:', 'wss:') };
  expect(await start({}).done).toMatchObject({ code: 'STOMP_TLS', disposition: 'operator' });
});

test.each([undefined, PEM])('a proxy carries the session', async (tls) => {
  broker = await startBroker(tls === undefined ? {} : { tls });
  proxy = await startProxy('tunnel');
  await expectSession(start({ ca: PEM }));
  expect(proxy.asked).toEqual([new URL(broker.url).host]);
});

test('a proxy that wants a login', async () => {
  broker = await startBroker();
  proxy = await startProxy('refuse');
  expect(await start({}).done).toMatchObject({ code: 'STOMP_PROXY', status: 407, disposition: 'operator' });
});

test('a proxy that hangs up', async () => {
  broker = await startBroker();
  proxy = await startProxy('hang up');
  expect(await start({}).done).toMatchObject({ code: 'STOMP_UNREACHABLE' });
});

test('a proxy that never answers is let go when time is up', async () => {
  broker = await startBroker();
  proxy = await startProxy('silence');
  const listener = start({});
  const socket = await proxy.tunnel;
  await clock.advance(30_000);
  expect(await listener.done).toMatchObject({ code: 'STOMP_CONNECT_TIMEOUT' });
  await once(socket, 'close');
});

interface Proxy {
  readonly url: string;
  readonly asked: readonly string[];
  /** The first connection that asked for a tunnel. */
  readonly tunnel: Promise<Socket>;
  close(): Promise<void>;
}

async function startProxy(manner: 'tunnel' | 'refuse' | 'hang up' | 'silence'): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer();
  const tunnel = once(server, 'connect').then(([, socket]: unknown[]) => socket as Socket);
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    client.on('error', () => undefined);
    client.on('end', () => client.end());
    if (manner === 'hang up') client.end();
    if (manner === 'refuse') client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    if (manner === 'silence') client.resume();
    if (manner !== 'tunnel') return;
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tunnel,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
