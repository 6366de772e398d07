import { subscribe } from 'node:diagnostics_channel';
import type { Config } from '../../src/config/types.ts';
import type { Plugin } from '../../src/plugin/contract.ts';
import { openSite } from '../fakes/site.ts';
import { median, printResult } from './lib/report.ts';
import { until } from './lib/until.ts';

/**
 * How long an idle agent takes from the broker's MESSAGE to its first call of the backend. Everything runs in this
 * process, so the agent also waits while the sandbox works: what is measured is more than the agent's own share.
 */

const ORDERS = 200;
const WARM_UP = 20;

interface Mark {
  readonly message: number;
  readonly backend: number;
  /** Between the start of each request and the head of its answer, as Node's HTTP client tells it. */
  readonly reading: number;
  readonly reads: number;
}

let message = 0;
let backend = 0;
let reading = 0;
let reads = 0;
const starts = new Map<unknown, number>();
subscribe('http.client.request.start', (event) => {
  starts.set((event as { request: unknown }).request, performance.now());
});
subscribe('http.client.response.finish', (event) => {
  const { request } = event as { request: unknown };
  const started = starts.get(request);
  starts.delete(request);
  if (started === undefined || message === 0 || backend > 0) return;
  reading += performance.now() - started;
  reads++;
});

const site = await openSite({ sandbox: { dispatchDelayMs: [0, 0] }, tune: watchBackend });
const { journal } = site.sandbox;
const add = journal.add.bind(journal);
journal.add = (kind, entry) => {
  if (kind === 'stomp' && entry.method === 'MESSAGE' && message === 0) message = performance.now();
  return add(kind, entry);
};
await site.start();
await until('the event bus', () => site.logs.some((line) => line.includes('event stream connected')));

const marks: Mark[] = [];
for (let count = 0; count < WARM_UP + ORDERS; count++) {
  // Echoes of the order before are over.
  await new Promise((resolve) => setTimeout(resolve, 25));
  [message, backend, reading, reads] = [0, 0, 0, 0];
  const order = site.sandbox.placeOrder({ limits: { storage: 5, objects: 100 } });
  await site.sandbox.await(order, 'done', AbortSignal.timeout(10_000));
  if (count >= WARM_UP) marks.push({ message, backend, reading, reads });
}
await site.close();

const whole = marks.map((mark) => mark.backend - mark.message).sort((a, b) => a - b);
const own = marks.map((mark) => mark.backend - mark.message - mark.reading).sort((a, b) => a - b);
printResult('latency', [
  { name: 'orders', value: marks.length, unit: 'orders' },
  { name: 'reads of Waldur in between', value: median(marks.map((mark) => mark.reads)), unit: 'requests' },
  { name: 'MESSAGE to backend, median', value: median(whole), unit: 'ms' },
  { name: 'without the reads, median', value: median(own), unit: 'ms', target: { atMost: 10 } },
  { name: 'without the reads, 95th percentile', value: own[Math.floor(own.length * 0.95)] ?? Number.NaN, unit: 'ms' },
]);

/** The plugin as it is, and a note of when it was first called. */
function watchBackend(config: Config): Config {
  const offerings = config.offerings.map((offering) => {
    const { create } = offering.plugin;
    const watched: Plugin['create'] = (context) => {
      const made = create(context);
      return {
        ...made,
        observe: (accounts, signal) => {
          if (message > 0 && backend === 0) backend = performance.now();
          return made.observe(accounts, signal);
        },
      };
    };
    return { ...offering, plugin: { ...offering.plugin, create: watched } };
  });
  return { ...config, offerings };
}
