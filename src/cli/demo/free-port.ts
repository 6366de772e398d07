import { createServer } from 'node:net';
import type { Random } from '../../lib/retry.ts';

/** Below those that the system gives to connections: one of them could take it before its server does. */
const FIRST = 20_000;
const COUNT = 10_000;
const TRIES = 100;

/** A port of this machine that is free at this moment. @throws Error when nothing can listen there */
export async function freePort(random: Random): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
