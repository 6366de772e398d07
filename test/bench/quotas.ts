import { mkdirSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nodeDisk } from '../../plugins/ironbucket-local/disk.ts';
import { layoutOf } from '../../plugins/ironbucket-local/layout.ts';
import { formatQuota } from '../../plugins/ironbucket-local/quota/quota-file.ts';
import { openQuotas, type QuotaDeps, type Quotas } from '../../plugins/ironbucket-local/quota/quotas.ts';
import { openStatistics } from '../../plugins/ironbucket-local/statistics/statistics.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { printResult } from './lib/report.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/** What counting costs: a check, an operation, a bucket that is written behind, a bucket in memory. */

const CACHED = 100_000;
const CHECKS = 100_000;
const WRITTEN = 1000;
/** Buckets that are written to while checks are measured. */
const BUSY = 500;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const signal = new AbortController().signal;
const nameOf = (index: number): string => `waldur-organisation-project-${String(index).padStart(8, '0')}`;

await withScratch(async (folder) => {
  for (let index = 0; index < CACHED; index++) makeBucket(join(folder, nameOf(index)));
  const shared = { disk: nodeDisk, layout: layoutOf(folder), clock: systemClock, log: silentLog(), fsync: false };
  // Flushed once when it stops: what is measured is measured alone.
  const deps: QuotaDeps = { ...shared, defaultBytes: 0n, flushIntervalMs: 60_000_000, cacheMaxSize: CACHED };

  const memory = await measureMemory(deps);
  const checks = await measureChecks(deps);
  const statistics = openStatistics({ ...shared, enabled: true, flushIntervalMs: 60_000_000 });
  const operations = await percentile(CHECKS, (index) => statistics.count(nameOf(index % BUSY), 'get'));
  const bare = new Map(Array.from({ length: CACHED }, (_, index) => [nameOf(index), { used: 0, limit: 1e12 }]));
  const map = await percentile(CHECKS, (index) => {
    const entry = bare.get(nameOf(index % BUSY));
    if (entry !== undefined && entry.used + 1 <= entry.limit) entry.used += 1;
  });
  const flush = await measureFlush(deps);
  const renaming = await measureRenaming(folder);

  printResult('quotas', [
    { name: 'check and reservation, 99th percentile', value: checks.p99, unit: 'us', target: { atMost: 20 } },
    { name: 'over a bare Map, mean', value: checks.mean / map.mean, unit: '' },
    { name: 'operation counted, 99th percentile', value: operations.p99, unit: 'us', target: { atMost: 20 } },
    { name: 'over a bare Map, mean of an operation', value: operations.mean / map.mean, unit: '' },
    { name: 'flush of one of 1,000 buckets', value: flush, unit: 'ms', target: { atMost: 1 } },
    { name: 'over a bare write and rename, 16 at once', value: flush / renaming, unit: '' },
    { name: 'memory of a bucket, of 100,000', value: memory, unit: 'B', target: { atMost: 400 } },
  ]);
});

function makeBucket(directory: string): void {
  mkdirSync(directory);
  const record = { maxBytes: 10n ** 15n, usedBytes: 0n, objects: 0n, updated: new Date(0) };
  writeFileSync(join(directory, '.quota'), formatQuota(record));
}

async function measureMemory(deps: QuotaDeps): Promise<number> {
  // What the code itself takes once it is warm is no bucket's.
  const warm = openQuotas({ ...deps, cacheMaxSize: 1 });
  for (let index = 0; index < 1000; index++) await warm.state(nameOf(index), signal);
  await warm.close();
  const quotas = openQuotas(deps);
  const before = heapUsed();
  for (let index = 0; index < CACHED; index++) await quotas.state(nameOf(index), signal);
  // The samples of all of them are over, too.
  await quotas.close();
  const after = heapUsed();
  const last = await quotas.state(nameOf(CACHED - 1), signal);
  if (last === undefined) throw new Error('nothing was counted');
  return (after - before) / CACHED;
}

function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function measureChecks(deps: QuotaDeps): Promise<Distribution> {
  const { quotas, stop } = serve(deps);
  for (let index = 0; index < 10_000; index++) await quotas.state(nameOf(index), signal);
  for (let index = 0; index < BUSY; index++) (await quotas.reserve(nameOf(index), 1, signal)).release();
  const measured = await percentile(CHECKS, async (index) => {
    const reservation = await quotas.reserve(nameOf(index % BUSY), 1, signal);
    reservation.release();
  });
  await stop();
  return measured;
}

/** One pass of the loop over buckets that changed, as it happens on SIGTERM, with the removal of the markers. */
async function measureFlush(deps: QuotaDeps): Promise<number> {
  const { quotas, stop } = serve(deps);
  for (let index = 0; index < WRITTEN; index++) {
    const reservation = await quotas.reserve(nameOf(index), 1, signal);
    reservation.fit(1, 'key');
    reservation.commit({ bytes: 1, objects: 1 });
  }
  await until('the samples', async () => (await quotas.measure(nameOf(WRITTEN - 1), signal)) !== undefined);
  const started = performance.now();
  await stop();
  return (performance.now() - started) / WRITTEN;
}

function serve(deps: QuotaDeps): { readonly quotas: Quotas; stop(): Promise<void> } {
  const quotas = openQuotas(deps);
  const stopping = new AbortController();
  const served = quotas.serve(stopping.signal);
  return {
    quotas,
    stop: async () => {
      stopping.abort();
      await served;
      await quotas.close();
    },
  };
}

async function measureRenaming(folder: string): Promise<number> {
  const text = formatQuota({ maxBytes: 10n ** 15n, usedBytes: 0n, objects: 0n, updated: new Date(0) });
  const started = performance.now();
  for (let index = 0; index < WRITTEN; index += 16) {
    const names = Array.from({ length: 16 }, (_, offset) => join(folder, nameOf(index + offset), '.bare'));
    await Promise.all(
      names.map(async (path) => {
        await writeFile(`${path}.tmp`, text);
        await rename(`${path}.tmp`, path);
      }),
    );
  }
  return (performance.now() - started) / WRITTEN;
}

/** Microseconds. */
interface Distribution {
  readonly p99: number;
  readonly mean: number;
}

async function percentile(count: number, work: (index: number) => Promise<void> | void): Promise<Distribution> {
  for (let index = 0; index < count / 10; index++) await work(index);
  const times = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    const working = work(index);
    if (working !== undefined) await working;
    times[index] = (performance.now() - started) * 1000;
  }
  times.sort();
  const sum = times.reduce((total, time) => total + time, 0);
  return { p99: times[Math.floor(count * 0.99)] ?? Number.NaN, mean: sum / count };
}
