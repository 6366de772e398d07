import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentError } from '../lib/errors.ts';
import type { Health } from '../monitor/health.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly liveness: () => Health;
  readonly readiness: () => Health;
  /** A page that could not be made; the peer gets a bare 500. */
  readonly onError: (error: unknown) => void;
}

/** `/metrics`, `/healthz` and `/readyz`. Plain HTTP without authentication: both belong to a reverse proxy. */
export interface HttpServer {
  /**
   * The port it listens on.
   * @throws AgentError `HTTP_LISTEN` (operator).
   */
  start(): Promise<number>;
  /** Ends open connections too: what asks for health can bear it. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      // Node looks for late requests only every 30 s by default.
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 5,
    },
    (request, response) => {
      answer(request, options)
        .catch((error: unknown) => {
          options.onError(error);
          return text(500, 'internal error\n');
        })
        .then((page) => send(page, request, response))
        .catch(options.onError);
    },
  );
  return {
    start: () => listen(server, options),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function answer(request: IncomingMessage, options: HttpServerOptions): Promise<Page> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return text(405, 'method not allowed\n', { allow: 'GET, HEAD' });
  }
  switch (request.url?.split('?')[0] ?? '') {
    case '/metrics': {
      const { contentType, body } = await options.metrics();
      return text(200, body, { 'content-type': contentType });
    }
    case '/healthz':
      return healthPage(options.liveness());
    case '/readyz':
      return healthPage(options.readiness());
    default:
      return text(404, 'not found\n');
  }
}

function healthPage({ ok, probes }: Health): Page {
  const body = { status: ok ? 'ok' : 'failed', probes };
  return text(ok ? 200 : 503, `${JSON.stringify(body)}\n`, { 'content-type': 'application/json' });
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Page {
  return {
    status,
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers },
  };
}

function send({ status, headers, body }: Page, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void =>
      reject(
        new AgentError(`listening on ${host}:${port} failed: ${cause.message}`, {
          code: 'HTTP_LISTEN',
          disposition: 'operator',
          hint: 'set another address in listen, or stop what uses this one',
          cause,
        }),
      );
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
