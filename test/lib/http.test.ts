import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { createHttp, type HttpOutcome } from '../../src/lib/http.ts';
import { isMissingRoute } from '../../src/lib/http-errors.ts';
import { client, closers, failure, GET, never, serve, TOKEN, useHttp } from './http-rig.ts';
import { startServer } from './http-server.ts';

useHttp();

test('sends what was asked: method, path, repeated keys, JSON, headers', async () => {
  let seen: Record<string, unknown> = {};
  const http = await serve(
    (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const { authorization, accept, 'user-agent': agent, 'content-type': type } = request.headers;
        seen = { method: request.method, url: request.url, body, authorization, accept, agent, type };
        response.setHeader('Content-Type', 'application/json').setHeader('X-Result-Count', '7').end('{"a":[1]}');
      });
    },
    { userAgent: 'agent/1' },
  );
  const query = { state: ['OK', 'Erred & more'], page: 2, deep: false, none: undefined };
  const answer = await http.request({ ...GET, method: 'POST', query, body: { näme: 1 } }, never);
  expect(answer).toMatchObject({ status: 200, body: { a: [1] }, headers: { 'x-result-count': '7' } });
  expect(seen).toEqual({
    method: 'POST',
    url: '/api/things/?state=OK&state=Erred+%26+more&page=2&deep=false',
    body: '{"näme":1}',
    authorization: `Token ${TOKEN}`,
    accept: 'application/json',
    agent: 'agent/1',
    type: 'application/json',
  });
});

test('sends text and bytes as they are, and no content type without a body', async () => {
  const seen: unknown[] = [];
  const http = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push([request.headers['content-type'], Buffer.concat(chunks).toString('hex')]);
      response.end(Buffer.from([0xff, 0x00]));
    });
  });
  const post = { ...GET, method: 'POST', answer: 'bytes' } as const;
  const answer = await http.request({ ...post, body: new Uint8Array([0xfe, 0x01]).subarray(1) }, never);
  await http.request({ ...post, body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, never);
  await http.request(post, never);
  expect(Buffer.from(answer.body as Uint8Array).toString('hex')).toBe('ff00');
  expect(seen).toEqual([
    ['application/octet-stream', '01'],
    ['application/x-www-form-urlencoded', '613d62'],
    [undefined, ''],
  ]);
});

test('an absolute URL in a path stays on the configured host', async () => {
  const urls: unknown[] = [];
  const http = await serve((request, response) => {
    urls.push(request.url);
    response.end('{}');
  });
  for (const path of ['https://evil.example/x', '//evil.example/x']) await http.request({ ...GET, path }, never);
  expect(urls).toEqual(['/api/https://evil.example/x', '/api/evil.example/x']);
});

test.each([
  ['', undefined],
  [' \n', undefined],
  ['null', null],
  ['\uFEFF{"a":1}', { a: 1 }],
])('an answer of %j is %j', async (text, body) => {
  const http = await serve((_, response) => void response.end(text));
  expect((await http.request(GET, never)).body).toEqual(body);
});

test('text stays text, and the deadline may be the default', async () => {
  const server = await startServer((_, response) => void response.end('{"a":1}'));
  closers.push(() => server.close());
  const options = { baseUrl: `http://127.0.0.1:${server.port}/`, peer: 'Waldur' };
  const http = createHttp(options, { clock: systemClock });
  closers.push(() => http.close());
  expect((await http.request({ ...GET, answer: 'text' }, never)).body).toBe('{"a":1}');
});

const JSON_TYPE = { 'content-type': 'application/json' };

test.each([
  [301, { location: 'https://sso.example/login?token=hunter22' }, 'WALDUR_REDIRECT', 'operator'],
  [302, {}, 'WALDUR_REDIRECT', 'operator'],
  [400, JSON_TYPE, 'WALDUR_REFUSED', 'terminal'],
  [401, JSON_TYPE, 'WALDUR_UNAUTHORIZED', 'operator'],
  [403, JSON_TYPE, 'WALDUR_FORBIDDEN', 'operator'],
  [404, JSON_TYPE, 'WALDUR_NOT_FOUND', 'terminal'],
  [407, {}, 'WALDUR_UNAUTHORIZED', 'operator'],
  [408, {}, 'WALDUR_TIMEOUT', 'transient'],
  [409, JSON_TYPE, 'WALDUR_CONFLICT', 'terminal'],
  [413, {}, 'WALDUR_REFUSED', 'terminal'],
  [429, { 'retry-after': '7' }, 'WALDUR_RATE_LIMITED', 'transient'],
  [500, {}, 'WALDUR_FAILED', 'transient'],
  [503, {}, 'WALDUR_FAILED', 'transient'],
])('status %i is classified', async (status, headers, code, disposition) => {
  const outcomes: HttpOutcome[] = [];
  const http = await serve((_, response) => void response.writeHead(status, headers).end('{"detail":"No."}'), {
    observe: (outcome) => outcomes.push(outcome),
  });
  const error = await failure(http);
  expect(error).toMatchObject({ code, disposition, status, retryAfterMs: status === 429 ? 7000 : undefined });
  expect(error.message).toBe(`list (things): Waldur answered ${status}`);
  expect(error.hint ?? '').not.toContain('hunter22');
  expect(outcomes).toMatchObject([{ operation: 'things.list', status: String(status) }]);
});

test('a redirect is not followed and says where it points', async () => {
  let requests = 0;
  const http = await serve((_, response) => {
    requests++;
    response.writeHead(302, { location: 'https://sso.example/login?next=1' }).end();
  });
  expect((await failure(http)).hint).toBe(
    'The URL configured for Waldur is wrong: it redirects to https://sso.example/login.',
  );
  expect(requests).toBe(1);
});

test('a peer explains its failures, and sees the body with our credentials blanked', async () => {
  const bodies: unknown[] = [];
  const http = await serve(
    (request, response) => {
      const echo = JSON.stringify({ detail: `no: ${request.headers.authorization}` });
      if (request.method === 'GET') response.writeHead(400, JSON_TYPE).end(echo);
      else response.writeHead(404, { 'content-type': 'text/html' }).end(`<pre>${request.headers.authorization}</pre>`);
    },
    {
      explain: (request, answer) => {
        bodies.push(answer.body, isMissingRoute(answer));
        if (request.method !== 'GET') return undefined;
        const text = JSON.stringify(answer.body);
        return new AgentError(`explained ${text}`, { code: 'OWN', disposition: 'operator' });
      },
    },
  );
  expect((await failure(http)).code).toBe('OWN');
  expect((await failure(http, { ...GET, method: 'POST' })).code).toBe('WALDUR_NOT_FOUND');
  expect(bodies).toEqual([{ detail: 'no: Token ***' }, false, '<pre>Token ***</pre>', true]);
});

test('secrets of a request are blanked where its refusal quotes them', async () => {
  const shown: unknown[] = [];
  const http = await serve(
    (request, response) => {
      request.on('data', (sent: Buffer) => {
        response.writeHead(400, JSON_TYPE).end(JSON.stringify({ detail: `not valid: ${sent.toString()}` }));
      });
    },
    { explain: (_, { body }) => void shown.push(body) },
  );
  const credentials = [{ access_key: 'AKIA0001', secret_key: 'sEcrEt/0001' }];
  const body = {
    metadata: { credentials, name: 'visible', Password: 'hunter2222', tokens: ['first-token'], secret: 1 },
  };
  await failure(http, { ...GET, method: 'POST', body });
  await failure(http, { ...GET, method: 'PUT', body: new Uint8Array(9) });
  const text = JSON.stringify(body).replaceAll(/sEcrEt\/0001|hunter2222|first-token/g, '***');
  expect(shown[0]).toEqual({ detail: `not valid: ${text}` });
});

test.each<[string, RequestListener, string]>([
  ['truncated JSON', (_, response) => void response.end('{"a":[1,'), 'WALDUR_BAD_ANSWER'],
  [
    'a login page',
    (_, response) => void response.setHeader('Content-Type', 'text/html').end('<html>'),
    'WALDUR_BAD_ANSWER',
  ],
  [
    'a body shorter than announced',
    (_, response) => void response.writeHead(200, { 'content-length': 99 }).write('{}', () => response.destroy()),
    'WALDUR_UNREACHABLE',
  ],
  ['a reset before the answer', (request) => void request.socket.resetAndDestroy(), 'WALDUR_UNREACHABLE'],
  ['a close before the answer', (request) => void request.socket.destroy(), 'WALDUR_UNREACHABLE'],
  ['garbage', (request) => void request.socket.end('garbage\r\n\r\n'), 'WALDUR_UNREACHABLE'],
  ['a huge body', (_, response) => void response.end(`"${'x'.repeat(5000)}"`), 'WALDUR_TOO_LARGE'],
  ['a huge body in pieces', (_, response) => drip(() => response.write('x'.repeat(999)), response), 'WALDUR_TOO_LARGE'],
  ['silence', () => undefined, 'WALDUR_TIMEOUT'],
  ['a stall after the headers', (_, response) => void response.writeHead(200).write('{'), 'WALDUR_TIMEOUT'],
  ['a dripping body', (_, response) => drip(() => response.write(' '), response), 'WALDUR_TIMEOUT'],
])('%s is transient', async (_, listener, code) => {
  const outcomes: HttpOutcome[] = [];
  const options = { timeoutMs: 300, maxAnswerBytes: 4000, observe: (outcome: HttpOutcome) => outcomes.push(outcome) };
  const http = await serve(listener, options);
  expect(await failure(http)).toMatchObject({ code, disposition: 'transient', status: undefined });
  expect(outcomes).toMatchObject([{ status: code }]);
});

function drip(write: () => unknown, response: { on(event: 'close', listener: () => void): unknown }): void {
  const timer = setInterval(write, 10);
  response.on('close', () => clearInterval(timer));
}

test('nothing listens', async () => {
  const server = await startServer(() => undefined);
  await server.close();
  const error = await failure(client(`http://user:hunter22@127.0.0.1:${server.port}/api/`));
  expect(error).toMatchObject({ code: 'WALDUR_UNREACHABLE', disposition: 'transient' });
  expect(error.message).toBe(`list (things): Waldur (127.0.0.1:${server.port}) cannot be reached: ECONNREFUSED`);
  expect(String(error.cause)).toContain('ECONNREFUSED');
  expect(inspect(error)).not.toContain('hunter22');
});

test('the reason of the caller survives, before and during a request', async () => {
  const outcomes: HttpOutcome[] = [];
  const reason = new Error('shutting down');
  const controller = new AbortController();
  const http = await serve(() => controller.abort(reason), { observe: (outcome) => outcomes.push(outcome) });
  await expect(http.request(GET, controller.signal)).rejects.toBe(reason);
  await expect(http.request(GET, controller.signal)).rejects.toBe(reason);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['ABORTED', 'ABORTED']);
});

test('a failure to get headers is the failure of the request', async () => {
  const refused = new AgentError('no token', { code: 'OIDC_REFUSED', disposition: 'operator' });
  const http = await serve(() => undefined, { headers: () => Promise.reject(refused) });
  await expect(http.request(GET, never)).rejects.toBe(refused);
});

test('the deadline covers the wait for headers', async () => {
  const http = await serve(() => undefined, { timeoutMs: 50, headers: () => new Promise(() => undefined) });
  expect((await failure(http)).message).toBe('list (things): Waldur did not answer within 0.05 s');
});
