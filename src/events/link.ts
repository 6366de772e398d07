import { Client, type IFrame, type IMessage, Versions } from '@stomp/stompjs';
import { type RawData, WebSocket } from 'ws';
import type { Clock } from '../lib/clock.ts';
import type { AgentError } from '../lib/errors.ts';
import { proxyName } from '../lib/proxy.ts';
import type { QueueRegistration } from '../waldur/types.ts';
import { failure, fromClose, fromErrorFrame, fromSocketError, fromUpgrade } from './failure.ts';
import { MAX_FRAME_BYTES, openSocket, type TlsOptions } from './socket.ts';

export interface LinkOptions {
  readonly url: string;
  readonly registration: QueueRegistration;
  readonly passcode: string;
  /** Unacknowledged deliveries per queue. */
  readonly prefetch: number;
  readonly heartbeatMs: number;
  /** From the first packet until every queue is subscribed. */
  readonly connectTimeoutMs: number;
  readonly tls: TlsOptions;
}

/** None of them may throw: stompjs swallows it and prints to the console. */
export interface LinkEvents {
  subscribed(): void;
  message(message: IMessage, objectType: string | undefined): void;
  /** May be called more than once; the first call says why. */
  lost(error: AgentError): void;
}

export interface Link {
  /** Resolves when the socket is closed, within two seconds. Politely: with a DISCONNECT, for a session that works. */
  close(politely: boolean): Promise<void>;
}

/** Connects stompjs to one WebSocket and turns every way in which that can end into one `lost`. */
export function openLink(options: LinkOptions, clock: Clock, on: LinkEvents): Link {
  const { proxy } = options.tls;
  const where = `${new URL(options.url).host}${proxy === undefined ? '' : ` through the proxy ${proxyName(proxy)}`}`;
  const life = new AbortController();
  const socket = openSocket(options.url, options.tls, life.signal);
  let subscribedAtMs: number | undefined;
  const traffic = listenTo(socket, where, clock, on, () => subscribedAtMs);

  let cancelWatch = (): void => undefined;
  // Bad credentials, a frozen broker and a proxy that swallows frames all leave the socket open and silent.
  const cancelDeadline = clock.after(options.connectTimeoutMs, () => {
    const message = `connecting to the event bus at ${where} took longer than ${options.connectTimeoutMs} ms`;
    on.lost(failure('STOMP_CONNECT_TIMEOUT', message));
  });
  const client = new Client({
    ...clientOptions(options, on),
    webSocketFactory: () => socket,
    onHeartbeatReceived: traffic.frameEnded,
  });
  client.onConnect = (connected) => {
    const beatMs = serverBeatMs(connected);
    if (beatMs === undefined) {
      return on.lost(failure('STOMP_PROTOCOL', 'the event bus does not speak STOMP 1.2 with heart-beats'));
    }
    cancelWatch = watch(clock, 2 * Math.max(beatMs, options.heartbeatMs), traffic.lastMs, (error) => on.lost(error));
    subscribedAtMs = clock.monotonicMs();
    const subscribed = (): void => {
      cancelDeadline();
      on.subscribed();
    };
    const message: LinkEvents['message'] = (frame, objectType) => on.message(frame, objectType);
    subscribe(client, options, { subscribed, message, frameEnded: traffic.frameEnded });
  };
  client.activate();

  return {
    close: async (politely) => {
      cancelDeadline();
      cancelWatch();
      await shutDown(client, socket, clock, politely);
      // Takes a half-open tunnel with it.
      life.abort();
    },
  };
}

interface Traffic {
  /** Monotonic time of the last packet. */
  lastMs(): number;
  /** A frame is complete: its parts no longer count against the limit. */
  frameEnded(): void;
}

/** Added before stompjs adds its listener, so that a complete frame resets what its parts have added. */
function listenTo(
  socket: WebSocket,
  where: string,
  clock: Clock,
  on: Pick<LinkEvents, 'lost'>,
  subscribedAtMs: () => number | undefined,
): Traffic {
  let lastInboundMs = clock.monotonicMs();
  let partialBytes = 0;
  socket.on('message', (data) => {
    lastInboundMs = clock.monotonicMs();
    partialBytes += sizeOf(data);
    if (partialBytes > MAX_FRAME_BYTES) on.lost(failure('STOMP_PROTOCOL', 'the event bus sends a frame beyond 1 MiB'));
  });
  socket.on('unexpected-response', (_request, response) => {
    response.resume();
    on.lost(fromUpgrade(response.statusCode ?? 0, where));
  });
  socket.on('error', (error) => on.lost(fromSocketError(error, where)));
  socket.on('close', (code, reason) => {
    const sinceMs = subscribedAtMs();
    on.lost(fromClose(code, reason.toString(), sinceMs === undefined ? undefined : clock.monotonicMs() - sinceMs));
  });
  return {
    lastMs: () => lastInboundMs,
    frameEnded: () => {
      partialBytes = 0;
    },
  };
}

function clientOptions({ registration, passcode, heartbeatMs }: LinkOptions, on: Pick<LinkEvents, 'lost'>) {
  const { login, vhost } = registration;
  return {
    stompVersions: new Versions([Versions.V1_2]),
    connectHeaders: { host: escapeHeader(vhost), login: escapeHeader(login), passcode: escapeHeader(passcode) },
    reconnectDelay: 0,
    heartbeatIncoming: heartbeatMs,
    heartbeatOutgoing: heartbeatMs,
    // Its own check goes by the wall clock, which can jump; `watch` does not.
    heartbeatToleranceMultiplier: Number.POSITIVE_INFINITY,
    onStompError: (frame: IFrame) => on.lost(fromErrorFrame(frame.headers, frame.body)),
    onUnhandledFrame: () => on.lost(failure('STOMP_PROTOCOL', 'the event bus sends frames that are not STOMP')),
    onUnhandledMessage: () => on.lost(failure('STOMP_PROTOCOL', 'the event bus sends messages of no subscription')),
  };
}

/** Subscribes to every queue; `subscribed` is called once, when all are. */
function subscribe(
  client: Client,
  { registration: { queues }, prefetch }: LinkOptions,
  on: Pick<LinkEvents, 'subscribed' | 'message'> & Pick<Traffic, 'frameEnded'>,
): void {
  let missing = queues.length;
  for (const [index, queue] of queues.entries()) {
    // RabbitMQ sends the receipt before the first message, and never when the queue is missing.
    client.watchForReceipt(`subscribed-${index}`, () => {
      if (--missing === 0) on.subscribed();
    });
    const take = (message: IMessage): void => {
      on.frameEnded();
      on.message(message, queue.objectType);
    };
    // Not `/queue/`: that declares the queue again without its arguments, which ends the session.
    client.subscribe(`/amq/queue/${queue.name}`, take, {
      id: String(index),
      receipt: `subscribed-${index}`,
      ack: 'client-individual',
      'prefetch-count': String(prefetch),
    });
  }
}

/** STOMP forbids escapes in CONNECT and stompjs sends none, but RabbitMQ reads them, and ends the session at others. */
function escapeHeader(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

/** What the server promises to send at least, undefined when it promises nothing or speaks another version. */
function serverBeatMs(connected: IFrame): number | undefined {
  const beatMs = Number.parseInt(connected.headers['heart-beat'] ?? '', 10);
  return connected.headers['version'] === Versions.V1_2 && beatMs > 0 ? beatMs : undefined;
}

/** Reports a peer from which nothing at all came for `toleranceMs`. */
function watch(clock: Clock, toleranceMs: number, lastMs: () => number, lost: (error: AgentError) => void): () => void {
  const check = (): void => {
    const leftMs = lastMs() + toleranceMs - clock.monotonicMs();
    if (leftMs > 0) cancel = clock.after(leftMs, check);
    else lost(failure('STOMP_HEARTBEAT_LOST', `no sign of life from the event bus for ${toleranceMs} ms`));
  };
  let cancel = clock.after(toleranceMs, check);
  return () => cancel();
}

const POLITE_CLOSE_MS = 2000;

async function shutDown(client: Client, socket: WebSocket, clock: Clock, politely: boolean): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  // Sends DISCONNECT and would then wait for a receipt that RabbitMQ does not send.
  void client.deactivate();
  if (politely) socket.close(1000);
  else socket.terminate();
  const cancel = clock.after(POLITE_CLOSE_MS, () => socket.terminate());
  await closed;
  cancel();
}

function sizeOf(data: RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.byteLength, 0) : data.byteLength;
}
