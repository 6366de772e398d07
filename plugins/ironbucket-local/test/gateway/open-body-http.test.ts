import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { openBody, readText } from '../../gateway/body/open-body.ts';
import { receive } from '../../gateway/body/receive.ts';

describe('openBody on a connection', () => {
  let server: Server;
  let outcome: Promise<string>;

  beforeEach(async () => {
    const { promise, resolve } = withResolver();
    outcome = promise;
    server = createServer((request, response) => {
      const payload = { kind: 'chunked', chain: undefined, trailer: true } as const;
      const text = readText(
        openBody(
          readHead(request),
          payload,
          receive(request, () => undefined),
        ),
        10_000_000,
      );
      const code = text.catch((error: unknown) => (error instanceof S3Error ? error.code : String(error)));
      void code.then((word) => {
        resolve(word);
        response.writeHead(200, { connection: 'close' }).end(word);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const request = (length: number) =>
    `PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\nx-amz-decoded-content-length: 10\r\n\r\n`;
  const open = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  it('takes a body that comes byte by byte', async () => {
    const socket = await open();
    const wire = '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n';
    socket.setNoDelay(true).write(request(wire.length));
    for (const byte of wire) socket.write(byte);
    expect(await outcome).toBe('helloworld');
    socket.destroy();
  });

  it('refuses in the middle of a body, and the connection lives to hear it', async () => {
    const socket = await open();
    socket.write(`${request(5_000_000)}nonsense\r\n`);
    let answer = '';
    for await (const data of socket) answer += String(data);
    expect(answer).toMatch(/InvalidRequest$/m);
  });

  it('is incomplete when the client goes away', async () => {
    const socket = await open();
    socket.write(`${request(30)}5\r\nhel`);
    await once(server, 'request');
    socket.destroy();
    expect(await outcome).toBe('IncompleteBody');
  });
});

function withResolver(): { readonly promise: Promise<string>; readonly resolve: (word: string) => void } {
  let resolve: (word: string) => void = () => undefined;
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
