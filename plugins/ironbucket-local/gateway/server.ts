import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AgentError } from '../../../src/lib/errors.ts';
import { createSigningKeys } from '../../../src/s3/signing-keys.ts';
import type { Deps } from '../deps.ts';
import { endpointOf } from '../settings.ts';
import { openAccessKeys } from './access-keys.ts';
import { busyReply } from './busy.ts';
import { type Connections, defaultConnections, limitConnections } from './connections.ts';
import type { handle } from './handle.ts';
import { listen } from './listen.ts';
import type { Perform } from './perform.ts';
import { createRequestIds } from './request-ids.ts';
import { drop, send } from './send.ts';
import { createTurns, type Turns } from './turns.ts';

/** The S3 server of a storage path. */
export interface Gateway {
  /**
   * Takes the address, and from then on requests.
   * @throws AgentError operator `IRONBUCKET_LISTEN`
   */
  start(): Promise<void>;
  /** Resolves when it listens or could not, and at once when it was not asked to. */
  tried(): Promise<void>;
  /** Takes nothing new, lets what runs finish for a while, and then breaks it off. */
  stop(): Promise<void>;
  /** Cuts off all connections, in the middle of whatever goes on. */
  cutOff(): void;
  /** Why it does not listen; undefined when it does, or was not asked to. */
  failure(): AgentError | undefined;
  /** Where it listens; undefined while it does not. */
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** A client may be slow, but not silent. */
const IDLE_MS = 120_000;
const HEADERS_MS = 20_000;
/** Longer than reverse proxies keep connections, so that they are never surprised by a closed one. */
const KEEP_ALIVE_MS = 75_000;
const LARGEST_HEAD = 32 * 1024;
const GRACE_MS = 10_000;

export interface GatewayOptions {
  /** What does the work. Default: this thread, with its `deps` */
  readonly openPerform?: () => Promise<Perform>;
  /** How many threads listen at the address, and share the connections that are allowed. Default: 1 */
  readonly listeners?: number;
}

export function createGateway(
  deps: Deps,
  { openPerform = () => performHere(deps), listeners = 1 }: GatewayOptions = {},
): Gateway {
  const { clock, log, settings } = deps;
  const accessKeys = openAccessKeys(deps.accounts, settings);
  const signingKeys = createSigningKeys();
  const { hostname } = new URL(endpointOf(settings));
  const requestIds = createRequestIds(deps.random);
  const running = new Set<Promise<void>>();
  /** What breaks off each of them. */
  const breaking = new Set<() => void>();
  let stopping = false;
  let server: Server | undefined;
  let answerOf: typeof handle;
  let turns: Turns;
  let perform: Perform;
  let connections: Connections | undefined;
  let failure: AgentError | undefined;
  let attempt = Promise.resolve();

  async function answer(request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> {
    const requestId = requestIds();
    const gone = new AbortController();
    let over = false;
    const abort = (): void => {
      if (!over) gone.abort(new Error('the client is gone'));
    };
    response.once('close', abort);
    breaking.add(abort);
    request.on('error', abort);
    response.on('error', abort);
    const patience = (ms: number): unknown => request.socket.setTimeout(ms);
    const proceed = (): void => {
      if (waits) response.writeContinue();
      patience(IDLE_MS);
      request.once('end', () => patience(0));
    };
    // The client waits for us now, and may be silent for as long as that takes.
    patience(0);
    const exchange = { request, response, requestId, signal: gone.signal, proceed };
    const startedMs = clock.monotonicMs();
    const isExtra = connections?.isExtra(request.socket) === true;
    try {
      const reply = isExtra
        ? busyReply(request.url, requestId)
        : await answerOf(deps, { accessKeys, turns, signingKeys, hostname, perform }, exchange);
      patience(IDLE_MS);
      if (gone.signal.aborted) await drop(response, reply);
      else await send(clock, exchange, reply, stopping || isExtra);
      const ms = Math.round(clock.monotonicMs() - startedMs);
      log.debug({ request: requestId, method: request.method, status: reply.status, ms }, 's3 request answered');
    } catch (err) {
      log.warn({ err, request: requestId }, 'an S3 answer broke off');
      response.destroy();
    } finally {
      over = true;
      breaking.delete(abort);
    }
  }

  function onRequest(waits: boolean) {
    return (request: IncomingMessage, response: ServerResponse): void => {
      const work = answer(request, response, waits);
      running.add(work);
      void work.finally(() => running.delete(work));
    };
  }

  async function open(): Promise<void> {
    // Not before it is needed: it is a third of the plugin, and the start of the agent waits for everything that comes with it.
    answerOf = (await import('./handle.ts')).handle;
    perform = await openPerform();
    const opened = createServer(
      {
        maxHeaderSize: LARGEST_HEAD,
        headersTimeout: HEADERS_MS,
        // Uploads take as long as they take.
        requestTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: HEADERS_MS / 4,
      },
      onRequest(false),
    );
    opened.on('checkContinue', onRequest(true));
    // What else a client expects is not known here, and a refusal would be of no use.
    opened.on('checkExpectation', onRequest(false));
    opened.timeout = IDLE_MS;
    const most = Math.ceil((settings.max_connections ?? (await defaultConnections())) / listeners);
    connections = limitConnections(opened, most, deps);
    turns = createTurns(Math.ceil(most / 4));
    failure = await listen(opened, settings.listen, listeners > 1);
    if (failure !== undefined) throw failure;
    server = opened;
    stopping = false;
  }

  return {
    start: () => {
      attempt = open();
      return attempt;
    },
    tried: async () => {
      await attempt.catch(() => undefined);
    },
    stop: async () => {
      const closed = server;
      if (closed === undefined) return;
      stopping = true;
      const ended = new Promise<void>((resolve) => closed.close(() => resolve()));
      closed.closeIdleConnections();
      await new Promise<void>((resolve) => {
        const cancel = clock.after(GRACE_MS, resolve);
        void settled(running).then(() => {
          cancel();
          resolve();
        });
      });
      for (const abort of breaking) abort();
      closed.closeAllConnections();
      await ended;
      // Effects on the disk are over when this returns.
      await settled(running);
      server = undefined;
    },
    cutOff: () => {
      server?.close();
      server?.closeAllConnections();
    },
    failure: () => failure,
    address: () => {
      const address = server?.address();
      return typeof address === 'object' && address !== null
        ? { host: address.address, port: address.port }
        : undefined;
    },
  };
}

async function performHere(deps: Deps): Promise<Perform> {
  const { createPerform } = await import('./perform.ts');
  return createPerform(deps);
}

async function settled(running: ReadonlySet<Promise<void>>): Promise<void> {
  while (running.size > 0) await Promise.allSettled(running);
}
