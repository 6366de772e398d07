import { request } from 'node:http';
import type { Clock } from '../../../src/lib/clock.ts';
import { withDeadline } from '../../../src/lib/deadline.ts';
import { SERVER } from './send.ts';

/** Who answers at an address: this gateway, another server, or none. */
export type Answerer = 'gateway' | 'other' | 'nothing';

const LONGEST_MS = 3000;

/** Asks without a signature, which is refused, but by whom? */
export async function probe(clock: Clock, address: string, signal: AbortSignal): Promise<Answerer> {
  try {
    return await withDeadline(clock, signal, LONGEST_MS, `asking ${address}`, (limit) => ask(address, limit));
  } catch {
    signal.throwIfAborted();
    // Something took the connection and says nothing.
    return 'other';
  }
}

function ask(address: string, signal: AbortSignal): Promise<Answerer> {
  // An address to listen on may stand for all of them.
  const url = `http://${address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}/`;
  return new Promise((resolve, reject) => {
    const asked = request(url, { signal, agent: false }, (response) => {
      response.resume();
      resolve(response.headers['server'] === SERVER ? 'gateway' : 'other');
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('nothing');
      else reject(error);
    });
    asked.end();
  });
}
