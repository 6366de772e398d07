import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** One kept-alive connection that sends a request when the answer to the one before is complete. */
export interface RawConnection {
  /** The status. @throws Error when the connection ends */
  request(text: string): Promise<number>;
  close(): void;
}

/** HTTP without a client library, so that the load costs less than what it is put on. Answers must have a length. */
export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return {
    request: (text) => exchange(socket, text),
    close: () => socket.destroy(),
  };
}

export function rawRequest(method: string, path: string, token: string, body?: object): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const content = body && `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  const agent = 'User-Agent: waldur-site-agent\r\n';
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token ${token}\r\n${agent}${content ?? ''}\r\n${text}`;
}

function exchange(socket: Socket, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = '';
    const onData = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
      if (head < 0 || length === undefined || received.length < head + 4 + Number(length)) return;
      socket.off('data', onData).off('close', onClose);
      resolve(Number(received.slice(9, 12)));
    };
    const onClose = (): void => reject(new Error('the connection ended'));
    socket.on('data', onData).once('close', onClose);
    socket.write(text);
  });
}
