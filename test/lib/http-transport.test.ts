import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { client, closers, failure, GET, never, serve, useHttp } from './http-rig.ts';
import { startProxy, startServer } from './http-server.ts';

useHttp();

const PEM = readFileSync(new URL('http-fixtures/localhost.pem', import.meta.url), 'utf8');
const CERTIFICATE = PEM.slice(0, PEM.indexOf('-----BEGIN PRIVATE'));

test('an unknown certificate is for the operator, unless it is trusted or the check is off', async () => {
  const listener: RequestListener = (_, response) => void response.end('{}');
  const error = await failure(await serve(listener, {}, PEM));
  expect(error).toMatchObject({ code: 'WALDUR_TLS', disposition: 'operator' });
  expect(error.hint).toMatch(/ca_file.*verify_ssl/);
  for (const options of [{ ca: CERTIFICATE }, { verifySsl: false }])
    expect((await (await serve(listener, options, PEM)).request(GET, never)).status).toBe(200);
});

test('a certificate for another host is for the operator', async () => {
  const server = await startServer((_, response) => void response.end('{}'), PEM);
  closers.push(() => server.close());
  const error = await failure(client(`https://127.0.0.1:${server.port}/`, { ca: CERTIFICATE }));
  expect(error.code).toBe('WALDUR_TLS');
});

test('requests go through the proxy, with the check of the certificate at our end', async () => {
  const server = await startServer((_, response) => void response.end('{}'), PEM);
  const asked: string[] = [];
  const proxy = await startProxy(server.port, asked);
  closers.push(
    () => server.close(),
    () => proxy.close(),
  );
  const options = { proxy: `http://user:hunter22@127.0.0.1:${proxy.port}` };
  const http = client('https://localhost:4444/api/', { ...options, ca: CERTIFICATE });
  expect((await http.request(GET, never)).status).toBe(200);
  expect((await http.request(GET, never)).status).toBe(200);
  expect(asked).toEqual(['localhost:4444']);
  expect((await failure(client('https://localhost:4444/api/', options))).code).toBe('WALDUR_TLS');
});

test('no proxy is used unless configured, and the environment only when asked for', async () => {
  const env = { http_proxy: 'http://user:hunter22@127.0.0.1:1', no_proxy: 'other.example' };
  const server = await startServer((_, response) => void response.end('{}'));
  closers.push(() => server.close());
  const url = `http://localhost:${server.port}/`;
  expect((await client(url, {}, env).request(GET, never)).status).toBe(200);
  expect((await client(url, { proxy: 'env' }, { ...env, no_proxy: '127.0.0.1' }).request(GET, never)).status).toBe(200);
  const error = await failure(client(url, { proxy: 'env' }, env));
  expect(error.message).toContain('through the proxy 127.0.0.1:1');
  expect(`${error.message} ${String(error.cause)}`).not.toContain('hunter22');
});

test('plain HTTP is forwarded by the proxy, not tunnelled', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = await startServer((request, response) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    response.end('{}');
  });
  closers.push(() => proxy.close());
  const http = client('http://waldur.example/api/', { proxy: `http://us%40er:pw@127.0.0.1:${proxy.port}` });
  expect((await http.request(GET, never)).status).toBe(200);
  expect(asked).toEqual(['http://waldur.example/api/things/', `Basic ${Buffer.from('us@er:pw').toString('base64')}`]);
});

test.each([
  [407, 'operator'],
  [503, 'transient'],
])('a proxy that answers CONNECT with %i is named', async (status, disposition) => {
  const proxy = createServer().on('connect', (_, socket) => void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  closers.push(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const error = await failure(client('https://waldur.example/api/', { proxy: `http://127.0.0.1:${port}` }));
  expect(error).toMatchObject({ code: 'WALDUR_PROXY', disposition });
  expect(error.message).toContain(
    `through the proxy 127.0.0.1:${port}) cannot be reached: the proxy answered ${status}`,
  );
});

test('at most maxSockets requests are in flight, and connections are kept', async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  const ports = new Set<number | undefined>();
  const listener: RequestListener = (request, response) => {
    ports.add(request.socket.remotePort);
    most = Math.max(most, held.push(response));
    if (held.length >= 2) for (const one of held.splice(0)) one.end('{}');
  };
  const http = await serve(listener, { maxSockets: 2 });
  await Promise.all(Array.from({ length: 12 }, () => http.request(GET, new AbortController().signal)));
  expect(most).toBe(2);
  expect(ports.size).toBe(2);
});
