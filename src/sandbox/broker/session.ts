import { randomBytes } from 'node:crypto';
import { type Channel, createChannel } from './channel.ts';
import { type Frame, HEARTBEAT, parseFrames, serialiseFrame } from './frame.ts';
import type { Queue } from './queue.ts';
import type { RealmAccess } from './realm.ts';
import { ChannelDeath, StompError } from './stomp-error.ts';

/** The connection beneath a session. */
export interface Wire {
  send(bytes: Buffer): void;
  close(code: number, reason: string): void;
  /** Bytes that ever came in, WebSocket pings included. */
  received(): number;
}

export interface SessionDeps {
  readonly wire: Wire;
  readonly realm: RealmAccess;
  /** Calls `fire` every `ms` until the returned function is called. */
  every(ms: number, fire: () => void): () => void;
  observe?: ((direction: 'in' | 'out', frame: Frame) => void) | undefined;
}

export interface Session {
  receive(bytes: Buffer): void;
  /** As RabbitMQ does when something beneath the session broke: close 1000 "STOMP died". */
  die(): void;
  /** The connection is gone: unacknowledged messages return to their queues. Harmless when repeated. */
  end(): void;
  /** Undefined before CONNECTED. */
  user(): { readonly login: string; readonly vhost: string; readonly subscriptions: number } | undefined;
}

const VERSIONS = ['1.2', '1.1', '1.0'];
const NOTHING = Buffer.alloc(0);
/** The first look at a connection never counts as silence, so this is 60 seconds after it opened. */
const IDLE_TICK_MS = 1000;
const IDLE_TICKS = 59;
/** With the first look: three times the interval after CONNECTED. */
const SILENT_BEATS = 2;

interface Login {
  readonly login: string;
  readonly vhost: string;
  readonly channel: Channel;
}

/** The broker's side of one STOMP connection. */
export function createSession(deps: SessionDeps): Session {
  const { wire } = deps;
  const timers: (() => void)[] = [];
  let rest: Buffer = NOTHING;
  let current: Login | undefined;
  let ended = false;

  const send = (command: string, headers: Iterable<readonly [string, string]>, body: Buffer = NOTHING): void => {
    const frame: Frame = { command, headers: new Map(headers), body };
    deps.observe?.('out', frame);
    wire.send(serialiseFrame(frame));
  };

  const sendError = (error: StompError, extra: Iterable<readonly [string, string]> = []): void => {
    const standard = [
      ['message', error.message],
      ['content-type', 'text/plain'],
      ['version', '1.0,1.1,1.2'],
    ] as const;
    send('ERROR', [...standard, ...extra], Buffer.from(error.detail));
  };

  const end = (): void => {
    if (ended) return;
    ended = true;
    for (const stop of timers) stop();
    current?.channel.close();
    current = undefined;
  };

  const finish = (code: number, reason: string): void => {
    if (ended) return;
    end();
    wire.close(code, reason);
  };

  const die = (): void => finish(1000, 'STOMP died');
  /** The channel notices on its own time: what came in the same message is still answered. */
  const fail = (): void => {
    setImmediate(die);
  };

  /** Fires after `strikes` intervals in a row in which nothing came in. */
  const watch = (ms: number, strikes: number, onSilence: () => void): void => {
    let seen = -1;
    let silent = 0;
    const tick = (): void => {
      silent = wire.received() === seen ? silent + 1 : 0;
      seen = wire.received();
      if (silent === strikes) onSilence();
    };
    timers.push(deps.every(ms, tick));
  };

  /** The first beat comes after half an interval. */
  const beat = (ms: number): void => {
    let halves = 0;
    const tick = (): void => {
      if (halves++ % 2 === 0) wire.send(HEARTBEAT);
    };
    timers.push(deps.every(ms / 2, tick));
  };

  const connect = (frame: Frame): void => {
    const version = negotiate(frame.headers.get('accept-version') ?? '1.0');
    const login = frame.headers.get('login') ?? 'guest';
    const vhost = frame.headers.get('host') ?? '/';
    const [clientSends, clientWants] = heartBeats(frame.headers.get('heart-beat') ?? '0,0');
    const refusal = deps.realm.refusal(login, frame.headers.get('passcode') ?? 'guest', vhost);
    if (refusal !== undefined) throw new StompError('Bad CONNECT', refusal);
    const session = `session-${randomBytes(16).toString('base64url')}`;
    const queue = (name: string): Queue | undefined => deps.realm.queue(vhost, name);
    current = { login, vhost, channel: createChannel({ session, version, queue, send, sendError, fail }) };
    send('CONNECTED', [
      ['server', 'RabbitMQ/3.10.8'],
      ['session', session],
      ['heart-beat', `${clientWants},${clientSends}`],
      ['version', version],
    ]);
    if (clientSends > 0) watch(clientSends, SILENT_BEATS, die);
    if (clientWants > 0) beat(clientWants);
  };

  const receipt = (frame: Frame): void => {
    const id = frame.headers.get('receipt');
    if (id !== undefined) send('RECEIPT', [['receipt-id', id]]);
  };

  /** Returns whether a receipt is due. */
  const request = (frame: Frame, channel: Channel): boolean => {
    switch (frame.command) {
      case 'UNSUBSCRIBE':
        channel.unsubscribe(frame);
        return true;
      case 'ACK':
        channel.ack(frame);
        return true;
      case 'NACK':
        channel.nack(frame);
        return true;
      case 'SEND':
        return channel.publish(frame);
      case 'DISCONNECT':
        die();
        return false;
      default:
        throw new StompError('Bad command', `Could not interpret command "${frame.command}"\n`);
    }
  };

  const serve = (frame: Frame, channel: Channel): void => {
    const start = frame.command === 'SUBSCRIBE' ? channel.subscribe(frame) : undefined;
    if (start !== undefined || request(frame, channel)) receipt(frame);
    start?.();
  };

  const handle = (frame: Frame): void => {
    deps.observe?.('in', frame);
    const isConnect = frame.command === 'CONNECT' || frame.command === 'STOMP';
    try {
      if (current === undefined && isConnect) connect(frame);
      else if (current === undefined) throw new StompError('Illegal command', 'You must log in using CONNECT first');
      else if (isConnect) finish(1011, '');
      else serve(frame, current.channel);
    } catch (error) {
      if (error instanceof StompError) sendError(error);
      else if (error instanceof ChannelDeath) die();
      else throw error;
    }
  };

  watch(IDLE_TICK_MS, IDLE_TICKS, () => finish(1000, ''));
  return {
    receive: (bytes) => {
      if (ended) return;
      const parsed = parseFrames(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
      rest = parsed.rest;
      for (const frame of parsed.frames) {
        handle(frame);
        if (ended) return;
      }
      if (parsed.error !== undefined) finish(parsed.error.closeCode, parsed.error.message);
    },
    die,
    end,
    user: () =>
      current && { login: current.login, vhost: current.vhost, subscriptions: current.channel.subscriptions() },
  };
}

/** @throws StompError when there is no common version. */
function negotiate(accepted: string): string {
  const version = VERSIONS.find((known) => accepted.split(',').includes(known));
  if (version === undefined) throw new StompError('Version mismatch', 'Supported versions are 1.0,1.1,1.2\n');
  return version;
}

/** What the client sends and what it wants, in milliseconds, but of whole seconds. */
function heartBeats(header: string): readonly [number, number] {
  const match = /^(\d{1,9}),(\d{1,9})$/.exec(header);
  if (match === null) throw new StompError('Processing error', 'Processing error');
  return [wholeSeconds(Number(match[1])), wholeSeconds(Number(match[2]))];
}

function wholeSeconds(ms: number): number {
  return ms === 0 ? 0 : Math.max(1, Math.floor(ms / 1000)) * 1000;
}
