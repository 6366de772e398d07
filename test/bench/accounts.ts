import { freePort } from '../../src/cli/demo/free-port.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { openIronbucket } from './lib/open-ironbucket.ts';
import { printResult } from './lib/report.ts';
import { connect, exchange, headOf } from './lib/s3-load.ts';
import { withScratch } from './lib/scratch.ts';

/** Accounts of ironbucket-local by number: what one more costs when there are many, and whether the gateway minds. */

const MANY = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
const FEW = MANY / 10;
const SERVED = Math.min(10_000, FEW);
const BYTES = 1_073_741_824n;
const BODY = Buffer.alloc(1024, 'x');
const signal = new AbortController().signal;
const nameOf = (index: number): string => `waldur-organisation-project-${String(index).padStart(8, '0')}`;
const resourceOf = (index: number): string => String(index).padStart(32, '0');

await withScratch(async (folder) => {
  const port = await freePort(Math.random);
  const backend = openIronbucket(folder, port);
  const few = await measure(backend, 0, FEW);
  const stop = new AbortController();
  const served = backend.serve?.(stop.signal);
  const keys = new Map<number, KeyPair>();
  for (let index = 0; index < SERVED; index++) {
    const applied = await backend.apply(
      { kind: 'issue-key', account: nameOf(index), resource: resourceOf(index) },
      signal,
    );
    if (applied.credentials !== undefined) keys.set(index, applied.credentials);
  }
  const puts = await putIntoEach(port, keys);
  stop.abort();
  await served;
  const many = await measure(backend, FEW, MANY);
  await backend.close();
  const linear = { atMost: 1.5 };
  printResult('accounts', [
    { name: `one of ${FEW} created`, value: few.create, unit: 'ms' },
    { name: `one of ${MANY} created`, value: many.create, unit: 'ms' },
    { name: 'created, of many to of few', value: many.create / few.create, unit: '', target: linear },
    { name: 'observed, of many to of few', value: many.observe / few.observe, unit: '', target: linear },
    { name: 'usage, of many to of few', value: many.usage / few.usage, unit: '', target: linear },
    { name: `puts into ${SERVED} buckets, one each`, value: puts.perSecond, unit: '/s' },
    { name: 'the same, p99', value: puts.p99, unit: 'ms' },
  ]);
});

/** Milliseconds for each account: to create those from `from` on, and to look at all of them. */
async function measure(backend: Backend, from: number, to: number) {
  const create = await timed(to - from, async () => {
    for (let index = from; index < to; index++) {
      const of = { account: nameOf(index), resource: resourceOf(index) };
      const quota = { bytes: BYTES, objects: null };
      await backend.apply({ kind: 'create-account', ...of, displayName: 'bench', quota, attributes: {} }, signal);
    }
  });
  const observe = await timed(to, () => drain(backend.observe('all', signal)));
  const names = Array.from({ length: to }, (_, index) => nameOf(index));
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  const usage = await timed(to, () => drain(backend.usage(names, query, signal)));
  return { create, observe, usage };
}

async function timed(times: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / times;
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

async function putIntoEach(port: number, keys: ReadonlyMap<number, KeyPair>) {
  const times: number[] = [];
  const left = keys.entries();
  const started = performance.now();
  const sender = async (): Promise<void> => {
    const socket = await connect(port);
    for (const [index, pair] of left) {
      const before = performance.now();
      await exchange(socket, headOf('PUT', port, `/${nameOf(index)}/key`, BODY.length, pair), BODY);
      times.push(performance.now() - before);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  times.sort((a, b) => a - b);
  return {
    perSecond: (times.length * 1000) / (performance.now() - started),
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  };
}
