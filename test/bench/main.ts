import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describe, type Figure, formatTable, median, type Result, shorten, verdict } from './lib/report.ts';
import { withScratch } from './lib/scratch.ts';

/** Runs the benchmarks named on the command line, or all, each in a process of its own; `--runs 3` for medians. */

const BENCHES = [
  'requests',
  'throughput',
  'journal',
  'latency',
  'process',
  'sandbox',
  'croit',
  'civo',
  'host-quota',
  'host-quota-docker',
  's3-body',
  'gateway',
  'aborted',
  'accounts',
  'listing',
  'quotas',
  'samples',
  'scan',
  'minio',
  'object-storage',
  'page',
];

/** No benchmark takes so long on a machine that has anything left for it. */
const LONGEST_MS = 15 * 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${BENCHES.join(', ')}`);
const runs = Number(values.runs);

console.log(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}`);
const results: Result[] = [];
for (let run = 0; run < runs; run++) {
  for (const name of positionals.length === 0 ? BENCHES : positionals) results.push(await runBench(name));
}
if (runs > 1) summarize(results);

function runBench(name: string): Promise<Result> {
  return withScratch((scratch) => runIn(scratch, name));
}

async function runIn(scratch: string, name: string): Promise<Result> {
  // What else the machine does shows in every time that is measured.
  const load = loadavg()[0] ?? 0;
  const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  // A group of its own: what a benchmark has started ends with it, however that ends.
  const env = { ...process.env, BENCH_SCRATCH: scratch };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const exit = once(child, 'exit');
  const end = (): void => endGroup(child.pid);
  const late = setTimeout(end, LONGEST_MS);
  for (const signal of SIGNALS) process.once(signal, end);
  let result: Result | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    if (line.startsWith('{')) result = JSON.parse(line) as Result;
  }
  const [code] = (await exit) as [unknown];
  clearTimeout(late);
  for (const signal of SIGNALS) process.off(signal, end);
  end();
  if (result === undefined || code !== 0) throw new Error(`${name} ended with ${String(code)}`);
  console.log(`  (load average before: ${load.toFixed(2)})`);
  return result;
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid);
  } catch {
    // Nothing of it is left.
  }
}

function summarize(all: readonly Result[]): void {
  const figures = new Map<string, Figure[]>();
  for (const { bench, figures: ones } of all) {
    for (const figure of ones) {
      const key = `${bench}: ${figure.name}`;
      figures.set(key, [...(figures.get(key) ?? []), figure]);
    }
  }
  const rows = [...figures].map(([key, ones]) => {
    const numbers = ones.map(({ value }) => value);
    const [one] = ones;
    const middle = median(numbers);
    const range = `${shorten(Math.min(...numbers))} to ${shorten(Math.max(...numbers))}`;
    return [key, `${shorten(middle)} ${one?.unit ?? ''}`, range, describe(one?.target), verdict(middle, one?.target)];
  });
  console.log(`\nmedians of ${runs} runs\n${formatTable(rows)}`);
}
