import { readFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { client, closers, failure, GET, never, serve, useHttp } from './http-rig.ts';
import { startProxy, startServer } from './http-server.ts';

useHttp();

const PEM = readFileSync(new URL('http-fixtures/localhost.pem', import.meta.url), 'utf8');
const CERTIFICATE = PEM.slice(0, PEM.indexOf('-----BEGIN PRIVATE'));

test('an unknown certificate is for the operator, unless it is trusted or nobody checks', async () => {
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
  const http = await serve((_, response) => void response.end('{}'));
  const keys = ['http_proxy', 'no_proxy'] as const;
  const before = keys.map((key) => process.env[key]);
  process.env['http_proxy'] = 'http://127.0.0.1:1';
  process.env['no_proxy'] = '';
  try {
    expect((await http.request(GET, never)).status).toBe(200);
    const asks = await serve((_, response) => void response.end('{}'), { proxy: 'env' });
    expect(String((await failure(asks)).cause)).toContain('127.0.0.1:1');
  } finally {
    keys.forEach((key, i) => {
      if (before[i] === undefined) delete process.env[key];
      else process.env[key] = before[i];
    });
  }
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
