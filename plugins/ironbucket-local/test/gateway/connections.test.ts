import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { connectionsFor } from '../../gateway/connections.ts';
import { createSearches } from '../../gateway/searches.ts';
import { createTurns } from '../../gateway/turns.ts';
import { OTHER, openSite, type Site, waitFor } from './lab.ts';

const sockets: Socket[] = [];
let site: Site | undefined;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await site?.close();
  site = undefined;
});

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('more connections than are served', () => {
  it('are told to slow down, or cut off, while those that are served go on', async () => {
    site = await openSite({ settings: { max_connections: 8 } });
    const { s3, port } = site;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await s3({ method: 'PUT', key: 'a', body: 'x', agent })).status).toBe(200);
    for (let index = 0; index < 7; index++) await dial(port);
    const refused = await s3({ key: 'a' });
    expect([refused.status, refused.xml('Code'), refused.headers['retry-after']]).toEqual([503, 'SlowDown', '1']);
    agent.destroy();
    // Two of ten are told, the eleventh is cut off.
    const cut = [await dial(port), await dial(port), await dial(port), await dial(port)];
    await waitFor(() => cut.some(({ closed }) => closed));
    expect(site.logged).toEqual([expect.stringContaining('more S3 connections than are served')]);
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await s3({ key: 'a' }).catch(() => undefined))?.status === 200);
  });

  it.each([
    [160, 32],
    [1024, 320],
    [1_048_576, 4096],
    [40, 8],
  ])('with %i file descriptors, %i are served', (files, connections) =>
    expect(connectionsFor(files)).toBe(connections),
  );
});

describe('requests of one account', () => {
  it('leave room for those of the others', async () => {
    site = await openSite({ settings: { max_connections: 8 } });
    const { port, s3 } = site;
    const other = site.client(await site.order(OTHER), OTHER);
    for (let index = 0; index < 2; index++) {
      const { path, headers } = s3.sign({ method: 'PUT', key: `k${index}`, body: 'x' });
      const lines = Object.entries({ ...headers, 'content-length': '1' }).map(([name, value]) => `${name}: ${value}`);
      (await dial(port)).write(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    }
    await waitFor(async () => (await s3({ key: 'a' })).status === 503);
    expect((await other({ method: 'PUT', key: 'b', body: 'x' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await s3({ key: 'a' })).status === 404);
  });

  it('take turns at what looks at many files, and those of another one do not wait for them', async () => {
    const search = createSearches(manualClock());
    const { signal } = new AbortController();
    const order: string[] = [];
    const gates: (() => void)[] = [];
    const begin = (account: string): Promise<void> => {
      const principal = { kind: 'account', account } as const;
      return search(principal, signal, () => {
        order.push(account);
        return new Promise<void>((resolve) => gates.push(resolve));
      });
    };
    const works = [begin('a'), begin('a'), begin('a'), begin('b')];
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['a', 'a', 'b']);
    for (let next = gates.shift(); next !== undefined; next = gates.shift()) {
      next();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(works);
    expect(order).toEqual(['a', 'a', 'b', 'a']);
  });

  it('end once', () => {
    const turns = createTurns(1);
    const principal = { kind: 'account', account: 'a' } as const;
    const leave = turns.enter(principal);
    expect(() => turns.enter(principal)).toThrow(S3Error);
    leave();
    leave();
    turns.enter(principal);
    expect(() => turns.enter(principal)).toThrow(S3Error);
  });
});
