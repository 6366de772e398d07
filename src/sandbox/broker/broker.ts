import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { type BrokerFault, createPendingFaults, type SessionFault } from './faults.ts';
import type { Frame } from './frame.ts';
import { publishedHeaders } from './message-id.ts';
import type { Publication } from './publication.ts';
import { createRealm, type Realm } from './realm.ts';
import { createSession, type Session } from './session.ts';
import { createWire, type FaultyWire } from './wire.ts';

export type { Publication } from './publication.ts';

/** A STOMP broker over WebSocket that behaves as RabbitMQ 3.10 was measured to. It lives in the process and on no port. */
export interface Broker extends Realm {
  /** Handler of the `upgrade` event of a `node:http` or `node:https` server. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** False when the message was lost: no such queue, a full one, or `drop`. */
  publish(message: Publication): boolean;
  /** See BrokerFault. */
  fault(fault: BrokerFault): void;
  /** Forgets the counted faults that still wait. A message that waits to be overtaken goes out. */
  clearFaults(): void;
  /** Those that are logged in. */
  sessions(): readonly BrokerSession[];
  /** Every connection is cut (1006), as when RabbitMQ stops; later upgrades are refused. */
  close(): Promise<void>;
}

export interface BrokerSession {
  readonly id: string;
  readonly vhost: string;
  readonly login: string;
  readonly subscriptions: number;
}

/** For a journal. Passcodes are masked, bodies left out. */
export type BrokerEntry =
  | {
      readonly kind: 'ws';
      readonly event: 'opened' | 'closed' | 'refused';
      readonly session?: string;
      readonly code?: number;
    }
  | {
      readonly kind: 'stomp';
      readonly session: string;
      readonly direction: 'in' | 'out';
      readonly command: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'fault'; readonly fault: BrokerFault };

export interface BrokerOptions {
  /** Ages messages. Heart-beats and idle closes use real time. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Divides every interval of real time. */
  readonly timeScale?: number;
  readonly observe?: (entry: BrokerEntry) => void;
}

const PATH = /^\/(ws|rmqws-stomp)\/?(\?|$)/;
const PROTOCOLS = ['v12.stomp', 'v11.stomp', 'v10.stomp'];
const COALESCE_MS = 50;

interface Live {
  readonly wire: FaultyWire;
  readonly session: Session;
}

export function createBroker({ clock = systemClock, timeScale = 1, observe }: BrokerOptions = {}): Broker {
  const realm = createRealm(() => clock.now().getTime());
  const faults = createPendingFaults();
  const live = new Map<string, Live>();
  const timers = new Set<NodeJS.Timeout>();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  let opened = 0;
  let closed = false;
  let overtaken: Publication | undefined;

  const after = (ms: number, fire: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      fire();
    }, ms / timeScale);
    timers.add(timer.unref());
  };

  const every = (ms: number, fire: () => void): (() => void) => {
    const timer = setInterval(fire, ms / timeScale).unref();
    return () => clearInterval(timer);
  };

  const accept = (ws: WebSocket, socket: Socket): void => {
    const id = `ws-${++opened}`;
    const wire = createWire({ ws, socket, faults, soon: (fire) => after(COALESCE_MS, fire) });
    const journal = observe && ((direction: 'in' | 'out', frame: Frame) => observe(stompEntry(id, direction, frame)));
    const session = createSession({ wire, realm, every, observe: journal });
    live.set(id, { wire, session });
    observe?.({ kind: 'ws', event: 'opened', session: id });
    ws.on('message', (data: Buffer) => session.receive(data));
    ws.on('error', () => undefined); // a close follows
    ws.on('close', (code) => {
      live.delete(id);
      session.end();
      observe?.({ kind: 'ws', event: 'closed', session: id, code });
    });
  };

  const enqueue = (publication: Publication): boolean => {
    const { vhost, queue, body } = publication;
    const headers = new Map(Object.entries(publishedHeaders(publication)));
    return realm.queue(vhost, queue)?.publish({ headers, body: Buffer.from(body) }) ?? false;
  };

  const release = (): void => {
    const late = overtaken;
    overtaken = undefined;
    if (late !== undefined) enqueue(late);
  };

  const publish = (message: Publication): boolean => {
    if (overtaken !== undefined) {
      const taken = enqueue(message);
      release();
      return taken;
    }
    const fault = faults.take('drop', 'duplicate', 'reorder', 'delay');
    switch (fault?.kind) {
      case 'drop':
        return false;
      case 'reorder':
        overtaken = message;
        return true;
      case 'delay':
        after(fault.ms, () => enqueue(message));
        return true;
      case 'duplicate':
        return [enqueue(message), enqueue(message)].some(Boolean);
      case undefined:
        return enqueue(message);
    }
  };

  const strike = (fault: SessionFault, { wire, session }: Live): void => {
    switch (fault.kind) {
      case 'close':
        session.end();
        wire.close(fault.code, fault.reason);
        break;
      case 'reset':
        // What comes from now on stays in the queue, and is not written to a socket that is gone.
        session.end();
        wire.reset();
        break;
      case 'silence':
        wire.silence();
        break;
      case 'inject':
        wire.send(Buffer.from(fault.bytes));
    }
  };

  return {
    ...realm,
    upgrade: (request, socket, head) => {
      const status = closed ? 503 : PATH.test(String(request.url)) ? faults.take('refuse')?.status : 404;
      if (status === undefined) {
        server.handleUpgrade(request, socket, head, (ws) => accept(ws, request.socket));
        return;
      }
      observe?.({ kind: 'ws', event: 'refused', code: status });
      socket.on('error', () => undefined);
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    },
    deleteUser: (login) => {
      realm.deleteUser(login);
      for (const { session } of live.values()) if (session.user()?.login === login) session.die();
    },
    publish,
    fault: (fault) => {
      observe?.({ kind: 'fault', fault });
      if ('times' in fault) return faults.add(fault);
      for (const [id, entry] of live) if (fault.session === undefined || fault.session === id) strike(fault, entry);
    },
    clearFaults: () => {
      faults.clear();
      release();
    },
    sessions: () =>
      [...live].flatMap(([id, { session }]) => {
        const user = session.user();
        return user === undefined ? [] : { id, ...user };
      }),
    close: async () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      const gone = [...server.clients].map((ws) => new Promise((resolve) => ws.once('close', resolve)));
      for (const ws of server.clients) ws.terminate();
      await Promise.all(gone);
    },
  };
}

function stompEntry(session: string, direction: 'in' | 'out', frame: Frame): BrokerEntry {
  const headers = Object.fromEntries(frame.headers);
  if ('passcode' in headers) headers['passcode'] = '***';
  return { kind: 'stomp', session, direction, command: frame.command, headers };
}
