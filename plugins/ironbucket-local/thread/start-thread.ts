import { Worker } from 'node:worker_threads';
import type { StartThread } from './thread.ts';

export const startThread: StartThread = (workerData, moved) =>
  new Worker(program(), { workerData, transferList: [...moved], execArgv: [], env: {}, name: 's3' });

/** From the sources, as tests start it, the compiled one: a thread cannot load TypeScript. */
function program(): URL {
  const compiled = import.meta.url.endsWith('.ts') ? '../../../dist/plugins/ironbucket-local/thread/' : './';
  return new URL(`${compiled}main.js`, import.meta.url);
}
