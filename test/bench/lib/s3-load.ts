import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { type KeyPair, sign } from '../../../src/s3/sigv4.ts';

/** The head of a request that may be sent again and again for a quarter of an hour; unsigned without keys. */
export function headOf(
  method: 'PUT' | 'GET' | 'HEAD',
  port: number,
  path: string,
  length: number,
  keys: KeyPair | undefined,
): Buffer {
  const host = `127.0.0.1:${port}`;
  // What clients send over TLS: the body is not part of the signature.
  const input = { method, host, path, body: undefined, region: 'us-east-1', now: new Date() };
  const headers = { host, 'content-length': `${length}`, ...(keys && sign({ ...input, keys })) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
}

const PIECE = 1024 * 1024;

export async function connect(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/**
 * Sends a request and reads the answer to its end, which is its head when it is `bare`. Returns whether another one may
 * follow on the connection.
 *
 * @throws Error for anything but 200
 */
export async function exchange(socket: Socket, head: Buffer, body: Buffer, bare = false): Promise<boolean> {
  const answered = readAnswer(socket, bare);
  socket.write(head);
  for (let at = 0; at < body.length; at += PIECE) {
    if (!socket.write(body.subarray(at, at + PIECE))) await once(socket, 'drain');
  }
  return await answered;
}

/** Sends one request after the other, as `exchange`, on a connection that is opened again where the server closes it. */
export interface Line {
  send(head: Buffer, body: Buffer, bare?: boolean): Promise<void>;
  close(): void;
}

export async function openLine(port: number): Promise<Line> {
  let socket = await connect(port);
  return {
    send: async (head, body, bare) => {
      if (await exchange(socket, head, body, bare)) return;
      socket.destroy();
      socket = await connect(port);
    },
    close: () => void socket.destroy(),
  };
}

function readAnswer(socket: Socket, bare: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let head = '';
    /** Bytes of the body that are to come; undefined before the head is complete. */
    let left: number | undefined;
    const end = (settle: () => void): void => {
      socket.off('data', onData).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      if (left === undefined) {
        head += chunk.toString('latin1');
        left = bodyLeft(head, bare);
      } else left -= chunk.length;
      if (left !== 0) return;
      const stays = !/\r\nconnection: close\r\n/i.test(head);
      end(() => (head.startsWith('HTTP/1.1 200') ? resolve(stays) : reject(new Error(head))));
    };
    const onClose = (): void => end(() => reject(new Error(`the connection ended after ${head.slice(0, 500)}`)));
    socket.on('data', onData).once('close', onClose);
  });
}

/** How much of the body is missing behind what was received; undefined while the head is not complete. */
function bodyLeft(received: string, bare: boolean): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end >= 0 && bare) return 0;
  return end < 0 ? undefined : Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1]) - (received.length - end - 4);
}
