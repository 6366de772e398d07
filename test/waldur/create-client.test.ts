import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp, type HttpOutcome } from '../../src/lib/http.ts';
import { createWaldur } from '../../src/waldur/create-client.ts';
import { startServer } from '../lib/http-server.ts';
import { failure, HOST, NO_ROUTE, OFFERING, ORDER, onGet, rig, selected, signal, TOKEN, useNock } from './harness.ts';

useNock();

test('every request says who asks', async () => {
  nock(HOST)
    .get('/api/version/')
    .matchHeader('user-agent', 'waldur-site-agent-event_process/0.1.0 (waldur-storage-agent)')
    .matchHeader('authorization', `Token ${TOKEN}`)
    .reply(200, { version: '8.1.2' });
  expect(await rig().waldur.version(signal)).toBe('8.1.2');
});

test.each<[number, unknown]>([
  [200, {}],
  [404, NO_ROUTE],
  [404, { detail: 'Not found.' }],
])('a server that does not tell its version: %i', async (status, body) => {
  onGet('version/', () => [status, body]);
  expect(await rig().waldur.version(signal)).toBeUndefined();
});

test('the user', async () => {
  const user = { uuid: ORDER, username: 'agent', is_staff: true, token_lifetime: null, permissions: [], email: 'x' };
  onGet('users/me/', (query) => [200, selected(user, query)]);
  expect(await rig().waldur.me(signal)).toEqual({
    uuid: ORDER,
    username: 'agent',
    isStaff: true,
    tokenLifetime: undefined,
    permissions: [],
  });
});

test('the skew of the clock comes from the last answer, good or bad', async () => {
  const { waldur } = rig();
  expect(waldur.clockSkewMs()).toBeUndefined();
  onGet('users/me/', () => [200, {}, { date: 'Tue, 25 Aug 2026 10:02:00 GMT' }]);
  await waldur.me(signal);
  expect(waldur.clockSkewMs()).toBe(120_000);
  onGet('users/me/', () => [503, '', { date: 'Tue, 25 Aug 2026 09:59:59 GMT' }]);
  await failure(waldur.me(signal));
  expect(waldur.clockSkewMs()).toBe(-1000);
  onGet('users/me/', () => [200, {}]);
  await waldur.me(signal);
  expect(waldur.clockSkewMs()).toBe(-1000);
});

describe('on a real network', () => {
  const closers: (() => Promise<void>)[] = [];
  beforeEach(() => nock.enableNetConnect('127.0.0.1'));
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    nock.disableNetConnect();
  });

  const echo: RequestListener = (request, response) => {
    const body = JSON.stringify({ detail: 'no', headers: request.headers });
    response.writeHead(400, { 'content-type': 'application/json' }).end(body);
  };
  test.each<[string, RequestListener, string]>([
    ['resets', (request) => void request.socket.resetAndDestroy(), 'WALDUR_UNREACHABLE'],
    ['stalls', (_, response) => void response.writeHead(200).write('{'), 'WALDUR_TIMEOUT'],
    ['shows a login page', (_, response) => void response.end('<html>'), 'WALDUR_BAD_ANSWER'],
    ['truncates', (_, response) => void response.end('{"uuid":'), 'WALDUR_BAD_ANSWER'],
    ['answers another thing', (_, response) => void response.end('[]'), 'WALDUR_BAD_ANSWER'],
    [
      'redirects',
      (request, response) =>
        void response.writeHead(302, { location: `http://x/?t=${request.headers.authorization}` }).end(),
      'WALDUR_REDIRECT',
    ],
    ['echoes what it got', echo, 'WALDUR_REFUSED'],
    [
      'fails',
      (request, response) => void response.writeHead(500).end(`<pre>${request.headers.authorization}</pre>`),
      'WALDUR_FAILED',
    ],
  ])('a server that %s gets no token into any error', async (_, listener, code) => {
    const server = await startServer(listener);
    closers.push(() => server.close());
    const outcomes: HttpOutcome[] = [];
    const waldur = createWaldur(
      {
        apiUrl: `http://127.0.0.1:${server.port}/api/`,
        credentials: { kind: 'token', token: TOKEN },
        verifySsl: true,
        ca: undefined,
        proxy: undefined,
      },
      {
        clock: systemClock,
        http: (options) => createHttp({ ...options, timeoutMs: 300 }, { clock: systemClock }),
        mode: 'report',
        version: '0.1.0',
        observe: (outcome) => outcomes.push(outcome),
      },
    );
    const error = await failure(waldur.orders.get(ORDER, OFFERING, signal));
    expect(error.code).toBe(code);
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      const shown = [one.message, one.stack, JSON.stringify(one), inspect(one, { depth: 9, showHidden: true })].join();
      expect(shown).not.toContain(TOKEN);
    }
    expect(outcomes).toMatchObject([{ operation: 'orders.get' }]);
    waldur.close();
  });
});
