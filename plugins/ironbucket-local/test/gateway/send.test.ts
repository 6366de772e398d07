import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { receive } from '../../gateway/body/receive.ts';
import { send } from '../../gateway/send.ts';

it('a client that is refused in the middle of its body can send the rest, and then reads why', async () => {
  // Whose time never passes: nothing is cut off.
  const clock = manualClock();
  const { signal } = new AbortController();
  const server = createServer(async (request, response) => {
    const body = receive(request, () => undefined)[Symbol.asyncIterator]();
    await body.next();
    const exchange = { request, response, requestId: 'r', signal, proceed: () => undefined };
    await send(clock, exchange, { status: 403, body: '<no/>' }, false);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const bytes = 4_000_000;
  socket.write(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes));
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*connection: close[\s\S]*<no\/>$/i);
  server.close();
  await once(server, 'close');
});
