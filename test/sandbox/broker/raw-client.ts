import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { type Frame, parseFrames, serialiseFrame } from '../../../src/sandbox/broker/frame.ts';

/** STOMP by hand: it sends what a test says, when it says so, and shows everything that comes. */
export interface RawClient {
  readonly ws: WebSocket;
  /** Text messages as they came, heart-beats included. */
  readonly texts: readonly string[];
  /** Resolves when the server closed, with everything that came and was not read. */
  readonly closed: Promise<{ code: number; reason: string; unread: readonly Frame[] }>;
  raw(data: string | Uint8Array): void;
  send(command: string, headers?: Readonly<Record<string, string>>, body?: string): void;
  /** The next frame that was not read yet; rejects when the connection ends before one. */
  next(): Promise<Frame>;
  /** Resolves after the server handled everything sent so far, with the frames that came meanwhile. */
  settle(): Promise<readonly Frame[]>;
  connect(login: Login, headers?: Readonly<Record<string, string>>): Promise<Frame>;
}

export interface Login {
  readonly vhost: string;
  readonly login: string;
  readonly password: string;
}

/** Rejects as `ws` does: `Unexpected server response: 404`. */
export async function openRaw(
  url: string,
  protocols: string[] = ['v12.stomp'],
  options: ClientOptions = {},
): Promise<RawClient> {
  const ws = new WebSocket(url, protocols, options);
  const frames: Frame[] = [];
  const texts: string[] = [];
  let rest = Buffer.alloc(0);
  let wake = (): void => undefined;
  let settles = 0;
  ws.on('message', (data: Buffer, isBinary) => {
    if (isBinary) throw new Error('the broker sends text messages only');
    texts.push(data.toString());
    const parsed = parseFrames(Buffer.concat([rest, data]));
    rest = Buffer.from(parsed.rest);
    frames.push(...parsed.frames);
    wake();
  });
  const closed = new Promise<{ code: number; reason: string; unread: readonly Frame[] }>((resolve) => {
    ws.on('close', (code, reason) => {
      wake();
      resolve({ code, reason: reason.toString(), unread: frames });
    });
  });
  await once(ws, 'open');
  ws.on('error', () => undefined);

  const next = async (): Promise<Frame> => {
    for (;;) {
      const frame = frames.shift();
      if (frame !== undefined) return frame;
      if (ws.readyState === ws.CLOSED) throw new Error('the connection ended');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (command: string, headers: Readonly<Record<string, string>> = {}, body = ''): void =>
    ws.send(serialiseFrame({ command, headers: new Map(Object.entries(headers)), body: Buffer.from(body) }), {
      binary: false,
    });

  return {
    ws,
    texts,
    closed,
    raw: (data) => ws.send(data),
    send,
    next,
    settle: async () => {
      const receipt = `settle-${++settles}`;
      send('SEND', { destination: '/amq/queue/nowhere', receipt });
      const before: Frame[] = [];
      for (;;) {
        const frame = await next();
        if (frame.headers.get('receipt-id') === receipt) return before;
        before.push(frame);
      }
    },
    connect: ({ vhost, login, password }, headers = {}) => {
      send('CONNECT', { 'accept-version': '1.2', host: vhost, login, passcode: password, ...headers });
      return next();
    },
  };
}
