import { Worker } from 'node:worker_threads';
import type { StartThread } from './thread.ts';

export const startThread: StartThread = (program, workerData, moved) =>
  new Worker(url(program), { workerData, transferList: [...moved], execArgv: [], env: {}, name: `s3-${program}` });

/** From the sources, as tests start it, the compiled one: a thread cannot load TypeScript. */
function url(program: string): URL {
  const compiled = import.meta.url.endsWith('.ts') ? '../../../dist/plugins/ironbucket-local/thread/' : './';
  return new URL(`${compiled}${program}.js`, import.meta.url);
}
