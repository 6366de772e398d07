import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { AgentError } from '../lib/errors.ts';
import { type Caller, type Person, refusalOf, type Site } from './authorize.ts';
import type { People } from './people.ts';
import { readBody } from './read-body.ts';
import { refusedPage } from './refused-page.ts';
import { checked, failurePage, type OwnRequest, type Page, pageOf, textPage } from './reply.ts';
import type { Match, Router } from './router.ts';
import { send } from './send.ts';

export interface WebServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly clock: Clock;
  readonly site: Site & {
    /** What a proxy may leave before the path, such as `/storage`; empty for nothing. */
    readonly basePath: string;
  };
  /** The routes at the moment: a reload may change them. */
  readonly router: () => Router;
  /** Who may be logged in. */
  readonly people: () => People;
  /** A page that could not be made; the peer gets a bare 500. */
  readonly onError: (error: unknown) => void;
}

/** Plain HTTP: TLS belongs to a reverse proxy. Every route names the role it requires. */
export interface WebServer {
  /**
   * The port it listens on.
   * @throws AgentError `HTTP_LISTEN` (operator).
   */
  start(): Promise<number>;
  /** Ends open connections too: what asks for health can bear it. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const HANDLER_TIMEOUT_MS = 60_000;
/** Only the path and the query of a request count. */
const BASE = 'http://agent';

export function createWebServer(options: WebServerOptions): WebServer {
  const stopping = new AbortController();
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      // Node looks for late requests only every 30 s by default.
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 5,
    },
    (request, response) => {
      answer(request, options, stopping.signal)
        .then(checked)
        .catch((error: unknown) => {
          options.onError(error);
          return textPage(500, 'internal error');
        })
        .then((page) => send(page, request, response, options.clock))
        .catch(options.onError);
    },
  );
  return {
    start: () => listen(server, options),
    close: () =>
      new Promise((resolve) => {
        stopping.abort(new Error('the server is closed'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, options: WebServerOptions, stop: AbortSignal): Promise<Page> {
  const { method = 'GET' } = request;
  const target = request.url ?? '/';
  if (!URL.canParse(target, BASE)) return textPage(404, 'not found');
  const url = new URL(target, BASE);
  const path = withoutBase(url.pathname, options.site.basePath);
  const found = options.router().find(method, path);
  if (found === undefined) return textPage(404, 'not found');
  if ('allow' in found) return textPage(405, 'method not allowed', { allow: found.allow.join(', ') });
  const known = OPEN.has(found.route.role) ? undefined : options.people().identify(request.headers.cookie);
  const caller = callerOf(request, known?.person);
  const refusal = refusalOf(found.route, caller, options.site);
  if (refusal !== undefined) {
    return refusedPage(refusal, { method, path, accept: request.headers.accept }, options.site);
  }
  const body = await readBody(request);
  if (body.kind === 'refused') return textPage(body.status, body.reason, { connection: 'close' });
  const { headers, remoteAddress, person } = caller;
  const mayOperate = refusalOf({ role: 'operator' }, caller, options.site) === undefined;
  const call = { params: found.params, query: url.searchParams, headers, body: body.value, remoteAddress, mayOperate };
  const page = await handle(found, { ...call, ...(person !== undefined && { person }) }, options, stop);
  return known?.renewed === undefined ? page : { ...page, cookies: [known.renewed, ...(page.cookies ?? [])] };
}

/** What these answer has nothing to do with who asks. */
const OPEN: ReadonlySet<string> = new Set(['public', 'own']);

/** A proxy may hand on the path that it was asked for, or only what is ours of it. */
function withoutBase(path: string, base: string): string {
  if (base === '' || (path !== base && !path.startsWith(`${base}/`))) return path;
  return path.slice(base.length) || '/';
}

function callerOf(request: IncomingMessage, person: Person | undefined): Caller {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const { method = 'GET', httpVersion, socket } = request;
  return { method, httpVersion, headers, remoteAddress: socket.remoteAddress ?? '', person };
}

/** A failure that the handler understands is told to the peer; everything else is a bug, logged, and told as nothing. */
async function handle(
  { route }: Match,
  call: OwnRequest,
  { clock, onError }: WebServerOptions,
  stop: AbortSignal,
): Promise<Page> {
  try {
    const what = `${route.method} ${route.path}`;
    return pageOf(await withDeadline(clock, stop, HANDLER_TIMEOUT_MS, what, (signal) => route.handle(call, signal)));
  } catch (error) {
    if (stop.aborted) return textPage(503, 'the agent is stopping');
    const page = failurePage(error);
    if (page.status === 500) onError(error);
    return page;
  }
}

function listen(server: Server, { host, port }: WebServerOptions): Promise<number> {
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
