import { connect, type Socket } from 'node:net';
import type { Publication } from '../broker/broker.ts';
import { type Frame, parseFrames, serialiseFrame } from '../broker/frame.ts';
import { publishedHeaders } from '../broker/message-id.ts';
import type { RabbitmqOptions } from './options.ts';

export interface Publisher {
  /** False when the broker was not there to take it; whether the queue took it is not known. */
  readonly publish: (message: Publication) => Promise<boolean>;
  /** Breaks off what is under way, and resolves when that is gone. */
  readonly close: () => Promise<void>;
}

/** As many as the server has workers. */
const AT_ONCE = 8;
const TIMEOUT_MS = 5000;
const NO_BODY = Buffer.alloc(0);

/** As Mastermind does it: for every message a STOMP connection of its own, without asking for a receipt. */
export function createPublisher(options: Omit<RabbitmqOptions, 'apiUrl' | 'wsUrl'>): Publisher {
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let free = AT_ONCE;
  let closed = false;

  const send = (message: Publication): Promise<boolean> => {
    if (closed) return Promise.resolve(false);
    const socket = connect(options.stompPort, '127.0.0.1');
    sockets.add(socket);
    return exchange(socket, connectFrame(message, options), sendFrame(message, options)).finally(() => {
      sockets.delete(socket);
    });
  };

  return {
    publish: async (message) => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free--;
      try {
        return await send(message);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
    close: async () => {
      closed = true;
      const gone = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(gone);
    },
  };
}

/** CONNECT, then on CONNECTED the message and DISCONNECT. True when the broker then closed without an objection. */
function exchange(socket: Socket, connecting: Frame, sending: Frame): Promise<boolean> {
  return new Promise((resolve) => {
    let received: Buffer = NO_BODY;
    let sent = false;
    let refused = false;
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the broker does not answer')));
    socket.on('connect', () => socket.write(serialiseFrame(connecting)));
    socket.on('data', (chunk: Buffer) => {
      const { frames, rest } = parseFrames(Buffer.concat([received, chunk]));
      received = rest;
      refused ||= frames.some(({ command }) => command === 'ERROR');
      if (refused) socket.destroy();
      if (refused || sent || !frames.some(({ command }) => command === 'CONNECTED')) return;
      sent = true;
      const goodbye: Frame = { command: 'DISCONNECT', headers: new Map(), body: NO_BODY };
      socket.end(Buffer.concat([serialiseFrame(sending), serialiseFrame(goodbye)]));
    });
    socket.on('error', () => {
      refused = true;
    });
    socket.on('close', () => resolve(sent && !refused));
  });
}

function connectFrame({ vhost }: Publication, { user, password }: Pick<RabbitmqOptions, 'user' | 'password'>): Frame {
  const headers = {
    'accept-version': '1.2',
    host: vhost,
    login: user,
    passcode: password,
    'heart-beat': '10000,10000',
  };
  return { command: 'CONNECT', headers: new Map(Object.entries(headers)), body: NO_BODY };
}

function sendFrame(message: Publication, { messageTtlMs }: Pick<RabbitmqOptions, 'messageTtlMs'>): Frame {
  const headers = new Map([['destination', `/amq/queue/${message.queue}`]]);
  // RabbitMQ delivers them the other way round.
  for (const [name, value] of Object.entries(publishedHeaders(message)).reverse()) headers.set(name, value);
  if (messageTtlMs !== undefined) headers.set('expiration', String(messageTtlMs));
  return { command: 'SEND', headers, body: Buffer.from(message.body) };
}
