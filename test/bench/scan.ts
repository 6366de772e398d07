import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scan } from '../../plugins/ironbucket-local/quota/scan.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Figure, printResult } from './lib/report.ts';

/** How long a bucket of a million objects takes to be counted, next to `find` on the same tree, and what it holds up. */

const DIRECTORIES = 1000;
const OBJECTS = 1000;

const root = mkdtempSync(join(tmpdir(), 'agent-bench-'));
try {
  for (let directory = 0; directory < DIRECTORIES; directory++) fill(join(root, `prefix-${directory}`));
  const figures: Figure[] = [];
  if (dropCaches()) {
    const cold = await measureScan();
    figures.push({ name: 'a million objects, cold', value: cold.seconds, unit: 's', target: { atMost: 10 } });
  }
  // It looks at the sidecars too.
  measureFind();
  const find = measureFind();
  const warm = await measureScan();
  printResult('scan', [
    ...figures,
    { name: 'a million objects, warm', value: warm.seconds, unit: 's' },
    { name: 'find on the same tree', value: find, unit: 's' },
    { name: 'scan over find', value: warm.seconds / find, unit: '', target: { atMost: 2 } },
    { name: 'longest the event loop stood still', value: warm.stillMs, unit: 'ms' },
    { name: 'memory it took, highest', value: warm.megabytes, unit: 'MB' },
  ]);
} finally {
  rmSync(root, { recursive: true, force: true });
}

function fill(directory: string): void {
  mkdirSync(directory);
  for (let object = 0; object < OBJECTS; object++) {
    writeFileSync(join(directory, `object-${object}.bin`), 'contents');
    writeFileSync(join(directory, `object-${object}.bin.metadata`), '{}');
  }
}

async function measureScan(): Promise<{
  readonly seconds: number;
  readonly stillMs: number;
  readonly megabytes: number;
}> {
  const before = process.memoryUsage.rss();
  let [stillMs, most, last] = [0, before, performance.now()];
  const heartbeat = setInterval(() => {
    stillMs = Math.max(stillMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const looks = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  const started = performance.now();
  const { objects } = await scan(root, systemClock, new AbortController().signal);
  const seconds = (performance.now() - started) / 1000;
  clearInterval(heartbeat);
  clearInterval(looks);
  if (objects !== BigInt(DIRECTORIES * OBJECTS)) throw new Error(`${objects} objects were counted`);
  return { seconds, stillMs, megabytes: (most - before) / 2 ** 20 };
}

function measureFind(): number {
  const started = performance.now();
  execFileSync('sh', ['-c', 'find "$0" -type f -size +0 -printf %s > /dev/null', root]);
  return (performance.now() - started) / 1000;
}

/** Only root may. */
function dropCaches(): boolean {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}
