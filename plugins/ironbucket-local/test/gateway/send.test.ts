import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { receive } from '../../gateway/body/receive.ts';
import { send } from '../../gateway/send.ts';

it('a client that is refused in the middle of its body can send the rest, and then reads why', async () => {
  // Whose time never passes: nothing is cut off.
  const clock = manualClock();
  const { signal } = new AbortController();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const bytes = 4_000_000;
  socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes));
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  await receive(request, () => undefined)
    [Symbol.asyncIterator]()
    .next();
  const exchange = { request, response, requestId: 'r', signal, proceed: () => undefined };
  const sent = send(clock, exchange, { status: 403, body: '<no/>' }, false);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*connection: close[\s\S]*<no\/>$/i);
  await sent;
  server.close();
  await once(server, 'close');
});
