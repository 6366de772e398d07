import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A real server on loopback, for what interceptors cannot fake: sockets that stall, drip, break and never end. */
export async function startServer(listener: RequestListener, tls?: string): Promise<TestServer> {
  const server =
    tls === undefined ? http.createServer(listener) : https.createServer({ key: tls, cert: tls }, listener);
  return await listen(server);
}

/** A proxy that tunnels every CONNECT to `port` and notes what it was asked for. */
export async function startProxy(port: number, asked: string[]): Promise<TestServer> {
  const server = http.createServer();
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  return await listen(server);
}

async function listen(server: http.Server | https.Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
