import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** Loopback in front of a real server, which can fail and counts requests. The `Host` header stays: it is signed. */
export interface Front {
  /** Host and port. */
  readonly host: string;
  readonly requests: string[];
  intercept: Intercept | undefined;
  close(): Promise<void>;
}

export async function startFront(target: URL): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      front.requests.push(`${incoming.method} ${incoming.url}`);
      if ((await front.intercept?.(incoming, outgoing)) === true) return;
      const { method, url: path, headers } = incoming;
      const passed = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: Front = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    intercept: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return front;
}
