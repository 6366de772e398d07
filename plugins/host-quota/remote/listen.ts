import { chmod, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Json } from '../../../src/lib/json.ts';
import type { Route, RouteReply } from '../../../src/plugin/contract.ts';
import { cannotListen } from '../errors.ts';
import type { ServeSettings } from '../settings.ts';

export interface Listener {
  /** Of the address it listens on; 0 on a socket of the file system. */
  readonly port: number;
  close(): Promise<void>;
}

const LONGEST_BODY = 1024 * 1024;

/**
 * Serves the routes on an address of their own, with TLS where a certificate is given, or on a socket that only the owner
 * of the process opens.
 *
 * @throws AgentError operator `HOST_QUOTA_LISTEN`.
 */
export async function listen(
  routes: readonly Route[],
  settings: ServeSettings,
  signal: AbortSignal,
): Promise<Listener> {
  const server = await createFor(settings, (request, response) => {
    void answer(routes, request, response, signal);
  });
  server.requestTimeout = 30_000;
  const [, path] = /^unix:(.+)$/.exec(settings.listen) ?? [];
  // What an agent that was killed left behind.
  if (path !== undefined) await rm(path, { force: true });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (path !== undefined) server.listen(path, resolve);
      else server.listen(Number(/\d+$/.exec(settings.listen)?.[0]), hostOf(settings.listen), resolve);
    });
  } catch (error) {
    throw cannotListen(settings.listen, error);
  }
  if (path !== undefined) await chmod(path, 0o600);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function createFor({ tls_cert, tls_key }: ServeSettings, handle: RequestListener): Promise<Server> {
  if (tls_cert === undefined || tls_key === undefined) return createServer(handle);
  const [cert, key] = await Promise.all([readFile(tls_cert), readFile(tls_key)]);
  return createTlsServer({ cert, key, minVersion: 'TLSv1.2' }, handle);
}

function hostOf(listen: string): string {
  return listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

async function answer(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let reply: RouteReply;
  try {
    reply = await dispatch(routes, request, signal);
  } catch {
    // The cause may hold what no peer should see; the routes word what they understand.
    reply = { status: 500, body: { msg: 'internal error' } };
  }
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...reply.headers,
  });
  response.end(request.method === 'HEAD' ? '' : text);
}

async function dispatch(routes: readonly Route[], request: IncomingMessage, signal: AbortSignal): Promise<RouteReply> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const matches = routes.flatMap((route) => {
    const params = match(route.path, url.pathname);
    return params === undefined ? [] : [{ route, params }];
  });
  const [found] = matches.filter(({ route }) => route.method === request.method);
  if (found === undefined) {
    return matches.length === 0
      ? { status: 404, body: { msg: 'not found' } }
      : {
          status: 405,
          headers: { allow: matches.map(({ route }) => route.method).join(', ') },
          body: { msg: 'method not allowed' },
        };
  }
  const body = await readBody(request);
  if (body === 'too-long') return { status: 413, body: { msg: 'the body is too long' } };
  if (body === 'no-json') return { status: 400, body: { msg: 'the body is not JSON' } };
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const remoteAddress = request.socket.remoteAddress ?? '';
  return found.route.handle(
    { params: found.params, query: url.searchParams, headers, body: body.value, remoteAddress },
    signal,
  );
}

/** The values of `:name` segments; undefined when the path is another one. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) {
      try {
        params[segment.slice(1)] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
      if (value === '') return undefined;
    } else if (segment !== value) return undefined;
  }
  return params;
}

async function readBody(
  request: IncomingMessage,
): Promise<'too-long' | 'no-json' | { readonly value: Json | undefined }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) return 'too-long';
    chunks.push(chunk);
  }
  if (bytes === 0) return { value: undefined };
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) as Json };
  } catch {
    return 'no-json';
  }
}
