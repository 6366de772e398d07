import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import type { Health } from '../../src/monitor/health.ts';
import type { Route } from '../../src/plugin/contract.ts';
import { type OwnPages, ownRoutes } from '../../src/web/own-routes.ts';
import { NO_PEOPLE } from '../../src/web/people.ts';
import type { OwnReply } from '../../src/web/reply.ts';
import { createRouter } from '../../src/web/router.ts';
import { createWebServer, type WebServer } from '../../src/web/web-server.ts';
import { manualClock } from '../fakes/clock.ts';

const GOOD: Health = { ok: true, probes: [{ name: 'process', ok: true, detail: 'running' }] };
const BAD: Health = { ok: false, probes: [{ name: 'process', ok: false, detail: 'draining' }] };

const SITE = { origin: undefined, hasLogin: false };
const servers: WebServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Changes extends Partial<OwnPages> {
  readonly basePath?: string;
  readonly clock?: ReturnType<typeof manualClock>;
  readonly port?: number;
  readonly routes?: readonly Route[];
  readonly onError?: (error: unknown) => void;
}

async function start({
  port = 0,
  routes = [],
  onError,
  basePath = '',
  clock = manualClock(),
  ...pages
}: Changes = {}): Promise<string> {
  const own = ownRoutes({
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    liveness: () => GOOD,
    readiness: () => BAD,
    scrub: (text) => text,
    ...pages,
  });
  const router = createRouter([
    { owner: 'agent', routes: own },
    { owner: 'plugin', routes },
  ]);
  const fail = (error: unknown): never => {
    throw error;
  };
  const server = createWebServer({
    host: '127.0.0.1',
    port,
    clock,
    site: { ...SITE, basePath },
    router: () => router,
    people: () => NO_PEOPLE,
    onError: onError ?? fail,
  });
  servers.push(server);
  return `http://127.0.0.1:${await server.start()}`;
}

describe('the pages of the agent', () => {
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
    ['DELETE', '/nothing', 404, 'not found\n'],
    ['GET', '//metrics', 404, 'not found\n'],
    ['GET', '/%zz', 404, 'not found\n'],
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

describe('a route of a plugin', () => {
  const echo = (changes: Partial<Route> = {}): Route => ({
    method: 'POST',
    path: '/echo/:name',
    role: 'own',
    handle: async ({ params, query, body }) => ({
      status: 201,
      body: { params, q: query.get('q'), body: body ?? null },
    }),
    ...changes,
  });
  const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

  it('gets the parts of the path, the query and the JSON', async () => {
    const url = await start({ routes: [echo()] });
    const answer = await post(`${url}/echo/a%2Fb?q=1`, '{"x":[1]}');
    expect([answer.status, await answer.json()]).toEqual([201, { params: { name: 'a/b' }, q: '1', body: { x: [1] } }]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['what is no JSON', '{"x"', {}, 400],
    ['a form', 'x=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['too much', `"${'x'.repeat(1_100_000)}"`, {}, 413],
  ])('never sees %s', async (_, body, headers, status) => {
    let calls = 0;
    const handle = async (): Promise<{ status: number }> => ({ status: ++calls });
    const url = await start({ routes: [echo({ handle })] });
    // The server may close the connection while the peer still sends.
    const answer = await post(`${url}/echo/a`, body, headers as Record<string, string>).then(
      (got) => got.status,
      () => status,
    );
    expect([answer, calls]).toEqual([status, 0]);
  });

  it.each([
    [new AgentError('there is none', { code: 'X_NONE', disposition: 'terminal', hint: 'look' }), 400, 'X_NONE'],
    [new AgentError('down', { code: 'X_DOWN', disposition: 'transient' }), 503, 'X_DOWN'],
  ])('says what it understands: %s', async (error, status, code) => {
    const url = await start({ routes: [echo({ handle: () => Promise.reject(error) })] });
    const answer = await post(`${url}/echo/a`, '1');
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it.each<[string, Route['handle']]>([
    ['throws anything', () => Promise.reject(new TypeError('secret detail'))],
    ['returns no status', async () => ({ status: Number.NaN })],
    ['splits a header', async () => ({ status: 200, headers: { 'x-a': 'b\r\nset-cookie: c' } })],
  ])('that %s is a bare 500', async (_, handle) => {
    const errors: unknown[] = [];
    const url = await start({ routes: [echo({ handle })], onError: (error) => errors.push(error) });
    const answer = await post(`${url}/echo/a`, '1');
    expect([answer.status, await answer.text(), errors.length]).toEqual([500, 'internal error\n', 1]);
  });

  it.each([
    ['a local name', {}, 200],
    ['a name that a foreign DNS server may point here', { host: 'evil.example.com' }, 403],
    ['a proxy in between', { 'x-forwarded-for': '203.0.113.9' }, 401],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('for operators, asked by %s', async (_, headers, status) => {
    const route = echo({ method: 'GET', path: '/secret', role: 'operator', handle: async () => ({ status: 200 }) });
    const url = await start({ routes: [route] });
    const got = await new Promise((resolve, reject) => {
      request(`${url}/secret`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(got).toBe(status);
  });
});

describe('behind a proxy that leaves a path before ours', () => {
  it.each([
    ['/storage/metrics', 200],
    ['/metrics', 200],
    ['/storage/storage/metrics', 404],
    ['/storagemetrics', 404],
    ['/storage', 404],
  ])('%s answers %i', async (path, status) => {
    expect((await fetch((await start({ basePath: '/storage' })) + path)).status).toBe(status);
  });
});

function once(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('an answer that comes bit by bit', () => {
  const streamOf = (stream: AsyncIterable<string>): Route => ({
    method: 'GET',
    path: '/stream',
    role: 'public',
    handle: async () => ({ status: 200, headers: { 'content-type': 'text/event-stream' }, stream }) as OwnReply,
  });

  it('arrives as it comes, and ends when the reader leaves', async () => {
    const left = once();
    async function* numbers() {
      try {
        for (let n = 1; ; n++) {
          yield `${n}\n`;
          if (n === 2) await left.promise;
        }
      } finally {
        left.resolve();
      }
    }
    const pieces = numbers();
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => pieces.next(),
        return: async () => {
          left.resolve();
          return { done: true as const, value: undefined };
        },
      }),
    };
    const answer = await fetch(`${await start({ routes: [streamOf(stream)] })}/stream`);
    const reader = answer.body?.getReader();
    let text = '';
    while (!text.includes('2')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(text).toBe('1\n2\n');
    await reader?.cancel();
    await left.promise;
  });

  it('waits for a reader who is slow, and gives up one who takes nothing', async () => {
    const clock = manualClock();
    let produced = 0;
    const ended = once();
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          produced++;
          return { done: false as const, value: 'x'.repeat(1024 * 1024) };
        },
        return: async () => {
          ended.resolve();
          return { done: true as const, value: undefined };
        },
      }),
    };
    const url = await start({ routes: [streamOf(stream)], clock });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET /stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await expect.poll(() => produced).toBeGreaterThan(0);
    await expect.poll(() => clock.pending()).toBeGreaterThan(0);
    expect(produced).toBeLessThan(64);
    await clock.advance(30_000);
    await ended.promise;
    socket.destroy();
  });

  it('has no body for HEAD, and lets go of what it would have read', async () => {
    const left = once();
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('not asked for')),
        return: async () => {
          left.resolve();
          return { done: true as const, value: undefined };
        },
      }),
    };
    const answer = await fetch(`${await start({ routes: [streamOf(stream)] })}/stream`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    await left.promise;
  });
});
