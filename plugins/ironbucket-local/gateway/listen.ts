import { createServer, type Server } from 'node:net';
import type { AgentError } from '../../../src/lib/errors.ts';
import { cannotListen } from '../errors.ts';

/** @param shared whether other threads listen at the address as well. Returns why it cannot */
export function listen(server: Server, address: string, shared: boolean): Promise<AgentError | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  // Of Node 22.12 and later.
  const options = { host, port: Number(address.slice(colon + 1)), reusePort: shared };
  return new Promise((resolve) => {
    const onError = (cause: Error): void => resolve(cannotListen(address, cause));
    server.once('error', onError);
    server.listen(options, () => {
      server.off('error', onError);
      resolve(undefined);
    });
  });
}

/**
 * Whether a server could listen there by itself: those that share an address would share it with another agent as well.
 *
 * @throws AgentError operator `IRONBUCKET_LISTEN`
 */
export async function requireFree(address: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  const failure = await listen(server, address, false);
  if (failure !== undefined) throw failure;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
