import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { receive } from '../../gateway/body/receive.ts';
import { waitFor } from './lab.ts';

let server: Server;
let socket: Socket;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
});

afterEach(async () => {
  socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function send(length: number, body: Buffer): Promise<IncomingMessage> {
  socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
  socket.write(body);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  request.on('error', () => undefined);
  return request;
}

const nothing = (): void => undefined;

it('begins when it is iterated, and ends with the last piece', async () => {
  let begun = 0;
  const body = receive(await send(5, Buffer.from('hello')), () => begun++)[Symbol.asyncIterator]();
  expect(begun).toBe(1);
  expect(await body.next()).toEqual({ done: false, value: Buffer.from('hello') });
  expect(await body.next()).toMatchObject({ done: true });
  expect(await body.next()).toMatchObject({ done: true });
  expect(begun).toBe(1);
});

it('lets the client wait for a slow reader, and loses nothing', async () => {
  const bytes = Buffer.alloc(8_000_000, 'abcdefg');
  const request = await send(bytes.length, bytes);
  const body = receive(request, nothing);
  const pieces: Buffer[] = [];
  for await (const piece of body) {
    pieces.push(Buffer.from(piece));
    if (pieces.length > 3) continue;
    await waitFor(() => request.isPaused());
    expect(request.socket.bytesRead).toBeLessThan(2_000_000);
  }
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});

it('gives the memory of a piece back when the next one is asked for', async () => {
  const bytes = Buffer.alloc(1_000_000, 'abcdefg');
  const body = receive(await send(bytes.length, bytes), nothing)[Symbol.asyncIterator]();
  const lent: Buffer[] = [];
  for (let next = await body.next(); next.done !== true; next = await body.next()) lent.push(next.value);
  const kept = lent.filter(({ length }) => length > 0);
  expect(lent.length).toBeGreaterThan(10);
  // The first one and the last one can be small.
  expect(kept.length).toBeLessThanOrEqual(2);
});

it('throws when the client is gone, also before it was asked', async () => {
  const request = await send(10, Buffer.from('hello'));
  const body = receive(request, nothing)[Symbol.asyncIterator]();
  expect(await body.next()).toMatchObject({ value: Buffer.from('hello') });
  const rest = body.next();
  socket.destroy();
  await expect(rest).rejects.toThrow();
  await expect(receive(request, nothing)[Symbol.asyncIterator]().next()).rejects.toThrow();
});

it('holds nothing more for a reader that stopped', async () => {
  const request = await send(1_000_000, Buffer.alloc(500_000));
  for await (const _ of receive(request, nothing)) break;
  let rest = 0;
  request.on('data', ({ length }: Buffer) => {
    rest += length;
  });
  socket.write(Buffer.alloc(500_000));
  request.resume();
  await once(request, 'end');
  expect(rest).toBeGreaterThan(500_000);
});
