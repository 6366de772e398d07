import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Frame {
  readonly command: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The broker's end of one connection. */
export interface Connection {
  /** Everything received, heart-beats left out. */
  readonly frames: readonly Frame[];
  /** Resolves once `count` frames of the command are there, with the last of them. */
  received(command: string, count?: number): Promise<Frame>;
  /** One WebSocket text message, as it is. */
  raw(text: string | Buffer): void;
  message(body: string, headers?: Readonly<Record<string, string>>): void;
  close(code: number, reason: string): void;
  /** The connection is gone without a close frame: 1006. */
  reset(): void;
  /** Reads and answers nothing any more. */
  freeze(): void;
  /** Resolves when the client's end is gone. */
  readonly closed: Promise<unknown>;
}

/** What to do about a command, instead of what a healthy broker does. */
export type Behaviour = Readonly<Record<string, (connection: Connection, frame: Frame) => void>>;

export interface FakeBroker {
  readonly url: string;
  /** In the order of their arrival. */
  connection(index: number): Promise<Connection>;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly on?: Behaviour;
  /** Answer upgrades with this status; `silence` never answers. */
  readonly upgrade?: number | 'silence';
  /** PEM text of key and certificate; then the URL is `wss://`. */
  readonly tls?: string;
}

/**
 * Just enough STOMP to be rude in: it logs everybody in, confirms every subscription and delivers only what a test
 * sends. It knows nothing of queues.
 */
export async function startBroker({ on = {}, upgrade, tls }: FakeOptions = {}): Promise<FakeBroker> {
  const behaviour: Behaviour = { ...HEALTHY, ...on };
  const server = tls === undefined ? createServer() : createTlsServer({ key: tls, cert: tls });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v12.stomp' });
  const connections = createLedger<Connection>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (upgrade === 'silence') return;
    if (upgrade !== undefined) return void socket.end(`HTTP/1.1 ${upgrade} No\r\nContent-Length: 0\r\n\r\n`);
    webSockets.handleUpgrade(request, socket, head, (ws) => connections.add(accept(ws, behaviour)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls === undefined ? 'ws://127.0.0.1' : 'wss://localhost'}:${(server.address() as AddressInfo).port}/ws`,
    connection: (index) => connections.at(index),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HEALTHY: Behaviour = {
  CONNECT: (connection) => connection.raw(CONNECTED),
  SUBSCRIBE: (connection, frame) => connection.raw(`RECEIPT\nreceipt-id:${frame.headers['receipt']}\n\n\0\n`),
  DISCONNECT: (connection) => connection.close(1000, 'STOMP died'),
};

export const CONNECTED = 'CONNECTED\nversion:1.2\nheart-beat:10000,10000\nsession:session-1\n\n\0\n';

let deliveries = 0;

/** A MESSAGE for the first subscription, with an `ack` of its own. */
export function messageFrame(body: string, headers: Readonly<Record<string, string>> = {}): string {
  deliveries += 1;
  const id = `T_0@@session-1@@${deliveries}`;
  const all = {
    subscription: '0',
    'message-id': id,
    ack: id,
    'content-length': `${Buffer.byteLength(body)}`,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}:${value}\n`);
  return `MESSAGE\n${lines.join('')}\n${body}\0\n`;
}

function accept(ws: WebSocket, behaviour: Behaviour): Connection {
  const frames: Frame[] = [];
  const ledgers = new Map<string, Ledger<Frame>>();
  const ledger = (command: string): Ledger<Frame> => {
    const known = ledgers.get(command) ?? createLedger<Frame>();
    ledgers.set(command, known);
    return known;
  };
  const connection: Connection = {
    frames,
    received: (command, count = 1) => ledger(command).at(count - 1),
    raw: (text) => ws.send(text),
    message: (body, headers) => ws.send(messageFrame(body, headers)),
    close: (code, reason) => ws.close(code, reason),
    reset: () => ws.terminate(),
    freeze: () => ws.pause(),
    closed: once(ws, 'close'),
  };
  ws.on('error', () => undefined);
  ws.on('message', (data: Buffer) => {
    // stompjs sends every frame whole, as one message.
    if (data.toString() === '\n') return;
    const frame = parse(data.toString());
    frames.push(frame);
    behaviour[frame.command]?.(connection, frame);
    ledger(frame.command).add(frame);
  });
  return connection;
}

function parse(text: string): Frame {
  const [command = '', ...lines] = text.slice(0, text.indexOf('\n\n')).split('\n');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return { command, headers: Object.fromEntries(headers) as Record<string, string> };
}

interface Ledger<T> {
  add(item: T): void;
  /** The item at this index, once it is there. */
  at(index: number): Promise<T>;
}

function createLedger<T>(): Ledger<T> {
  const items: T[] = [];
  const waiting: { index: number; resolve: (item: T) => void }[] = [];
  return {
    add: (item) => {
      items.push(item);
      for (const each of waiting) if (each.index === items.length - 1) each.resolve(item);
    },
    at: async (index) => items[index] ?? new Promise((resolve) => waiting.push({ index, resolve })),
  };
}
