import { afterEach, describe, expect, it } from 'vitest';
import type { Health } from '../../src/monitor/health.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/web/http-server.ts';

const GOOD: Health = { ok: true, probes: [{ name: 'process', ok: true, detail: 'running' }] };
const BAD: Health = { ok: false, probes: [{ name: 'process', ok: false, detail: 'draining' }] };

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(changes: Partial<HttpServerOptions> = {}): Promise<string> {
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    liveness: () => GOOD,
    readiness: () => BAD,
    onError: (error) => {
      throw error;
    },
    ...changes,
  });
  servers.push(server);
  return `http://127.0.0.1:${await server.start()}`;
}

describe('createHttpServer', () => {
  it.each([
    ['GET', '/metrics', 200, 'up 1\n'],
    ['GET', '/metrics?name=x', 200, 'up 1\n'],
    ['GET', '/healthz', 200, `${JSON.stringify({ status: 'ok', probes: GOOD.probes })}\n`],
    ['GET', '/readyz', 503, `${JSON.stringify({ status: 'failed', probes: BAD.probes })}\n`],
    ['GET', '/', 404, 'not found\n'],
    ['GET', '/metrics/', 404, 'not found\n'],
    ['HEAD', '/metrics', 200, ''],
    ['HEAD', '/readyz', 503, ''],
    ['POST', '/metrics', 405, 'method not allowed\n'],
    ['DELETE', '/nothing', 405, 'method not allowed\n'],
  ])('%s %s answers %i', async (method, path, status, body) => {
    const answer = await fetch((await start()) + path, { method });
    expect([answer.status, await answer.text()]).toEqual([status, body]);
  });

  it('says how long the page of a HEAD is, and which methods there are', async () => {
    const url = await start();
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).headers.get('content-length')).toBe('5');
    expect((await fetch(`${url}/metrics`, { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD');
  });

  it('passes the content type of the metrics on', async () => {
    expect((await fetch(`${await start()}/metrics`)).headers.get('content-type')).toBe('text/plain; version=0.0.4');
  });

  it('answers 500 without details when a page fails, and goes on', async () => {
    const errors: unknown[] = [];
    const failure = new Error('secret detail');
    const url = await start({ metrics: () => Promise.reject(failure), onError: (error) => errors.push(error) });
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, 'internal error\n']);
    expect(errors).toEqual([failure]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('fails to start with an operator error where the port is taken', async () => {
    const port = Number(new URL(await start()).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'HTTP_LISTEN', disposition: 'operator' });
  });

  it('closes while a page is being made', async () => {
    let entered: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const url = await start({
      metrics: () => {
        entered();
        return new Promise(() => undefined);
      },
    });
    const cut = fetch(`${url}/metrics`).then(
      () => 'answered',
      () => 'cut',
    );
    await inside;
    await servers[0]?.close();
    expect(await cut).toBe('cut');
  });
});
