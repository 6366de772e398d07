import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Json } from '../lib/json.ts';
import { answer, type Request } from './answer.ts';
import { deliver, reset } from './deliver.ts';
import type { FaultAction } from './faults.ts';
import type { Entry } from './journal.ts';
import type { Reply } from './reply.ts';
import type { Router } from './router.ts';
import type { TestApi } from './test-api/test-api.ts';
import type { World } from './world.ts';

const LARGEST_BODY = 8 * 1024 * 1024;

/** REST, test API and the broker's WebSocket on one port. */
export function createSandboxServer(world: World, router: Router, testApi: TestApi): Server {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    readBody(incoming, (body) => {
      if (path.startsWith('/_test/')) void serveTest(world, testApi, { incoming, response, path, query, body });
      else serve(world, router, { incoming, response, path, query, body });
    });
  });
  server.on('upgrade', (request, socket, head) => world.broker.upgrade(request, socket, head));
  return server;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

function readBody(incoming: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_BODY) incoming.destroy();
    else chunks.push(chunk);
  });
  incoming.on('end', () => done(chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8')));
  incoming.on('error', () => undefined); // the peer went away
}

function serve(world: World, router: Router, exchange: Exchange): void {
  const { incoming, response, path, query } = exchange;
  const started = performance.now();
  const { headers, method = 'GET' } = incoming;
  const { authorization, 'user-agent': userAgent = '' } = headers;
  const user = world.store.tokens.get(authorization?.split(' ')[1] ?? '')?.user.username;
  const entry = world.journal.add('http', { method, path, query, user, userAgent });
  const action = world.faults.active ? world.faults.strike({ method, path, query, user }) : undefined;
  if (action !== undefined) world.journal.add('fault', { object: action.kind, method, path });
  if (action?.kind === 'reset.before') {
    reset(response);
    return;
  }
  const request: Request = {
    method,
    path,
    query,
    authorization,
    userAgent,
    host: headers.host ?? 'localhost',
    body: exchange.body,
    contentType: headers['content-type'],
    shift: action?.kind === 'stalePage' ? 1 : 0,
  };
  if (action?.kind === 'tokenExpire') expireToken(world, authorization);
  const { later } = world;
  const finish = (reply: Reply): void => {
    record(world, entry, exchange, reply, performance.now() - started);
    deliver(response, { reply, action, nowMs: world.clock.nowMs(), later });
  };
  const answered = (reply: Reply): void => {
    const wait = world.settings.latencyMs + (action?.kind === 'delay' ? action.ms : 0);
    if (wait > 0) later(wait, () => finish(reply));
    else finish(reply);
  };
  const reply = replaced(action) ?? answer(world, router, request);
  // Most responses are ready at once, and nothing may come between them and what they changed.
  if (action?.kind === 'duplicate') void Promise.resolve(reply).then(() => answer(world, router, request));
  if (reply instanceof Promise) void reply.then(answered);
  else answered(reply);
}

/** A response that replaces the work. */
function replaced(action: FaultAction | undefined): Reply | undefined {
  if (action?.kind === 'redirect') {
    return { status: action.status ?? 302, html: '', headers: { Location: action.location } };
  }
  if (action?.kind !== 'status') return undefined;
  const { status, body, headers = {} } = action;
  return typeof body === 'string' ? { status, html: body, headers } : { status, body, headers };
}

function expireToken(world: World, authorization: string | undefined): void {
  const token = world.store.tokens.get(authorization?.split(' ')[1] ?? '');
  if (token !== undefined) token.expiresMs = world.clock.nowMs();
}

function record(world: World, entry: Entry, exchange: Exchange, reply: Reply, ms: number): void {
  entry.status = reply.status;
  entry.ms = ms;
  if (!world.journal.bodies) return;
  const { authorization: _, ...requestHeaders } = exchange.incoming.headers;
  const responseHeaders = { ...reply.headers };
  const responseBody = reply.body ?? reply.html ?? null;
  // Header values are text or lists of text: JSON either way.
  Object.assign(entry, {
    requestHeaders: requestHeaders as Json,
    requestBody: exchange.body,
    responseHeaders,
    responseBody,
  });
}

async function serveTest(world: World, testApi: TestApi, exchange: Exchange): Promise<void> {
  const { incoming, response, path, query, body } = exchange;
  const later = world.later;
  const reply = await testApi({ method: incoming.method ?? 'GET', path: path.slice('/_test/'.length), query, body });
  deliver(response, { reply, action: undefined, nowMs: world.clock.nowMs(), later });
}
