import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, idleMemoryMb, memoryMb } from './lib/proc.ts';
import { formatTable, median, shorten } from './lib/report.ts';
import { type SandboxProcess, type SandboxProcessOptions, startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { lastSeq, OURS, PEER, type Running, type Side } from './lib/side.ts';
import { until } from './lib/until.ts';

/**
 * Waldur's own Python agent and this one, side by side: the same sandbox, the same work, one after the other. All parts, or
 * those that are named on the command line.
 */

const ORDERS = 300;
const STARTS = 5;
/** What takes longer is broken off, and computed from how far it got. */
const PATIENCE_MS = 600_000;

/** What one of them was measured to need; `far` below 1 when it was broken off there. */
interface Measured {
  readonly value: number;
  readonly far?: number;
}

interface Row {
  readonly name: string;
  readonly unit: string;
  /** Least ratio of the peer's figure to ours. */
  readonly target?: number;
}

interface Storm {
  readonly done: number;
  readonly failed: number;
}

const REPORTS = [
  [1000, 0],
  [1000, 20],
  [10_000, 0],
] as const;
const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  requests: () =>
    compare([{ name: 'requests for a create order, its events included', unit: '', target: 3 }], requests),
  orders: async () => {
    for (const latencyMs of [0, 20]) {
      const of = `${ORDERS} create orders, ${latencyMs} ms latency`;
      const rows: Row[] = [
        { name: `${of}: wall time`, unit: 's', ...(latencyMs > 0 ? { target: 10 } : {}) },
        { name: `${of}: CPU time`, unit: 's' },
        { name: `${of}: memory, highest`, unit: 'MB' },
      ];
      await compare(rows, (side) => orders(side, latencyMs));
    }
  },
  reports: async () => {
    for (const [resources, latencyMs] of REPORTS) {
      const of = `${resources} resources, ${latencyMs} ms latency`;
      const rows: Row[] = [
        { name: `first report, ${of}`, unit: 's', target: 10 },
        { name: `first report, ${of}: CPU time`, unit: 's' },
        { name: `first report, ${of}: requests`, unit: '' },
        { name: `first report, ${of}: memory, highest`, unit: 'MB' },
        { name: `unchanged report, ${of}`, unit: 's', target: 10 },
      ];
      await compare(rows, (side) => reports(side, resources, latencyMs));
    }
  },
  idle: () => compare([{ name: 'memory, idle: both processes, and ours', unit: 'MB', target: 1 }], idle),
  start: () => compare([{ name: `start to hearing events, median of ${STARTS}`, unit: 's' }], starts),
};

console.log(`Node ${process.version}, ${new Date().toISOString()}, load average ${(loadavg()[0] ?? 0).toFixed(2)}`);
const table: string[][] = [['', 'Python', 'ours', 'ratio', 'target', '']];
const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) if (wanted.length === 0 || wanted.includes(name)) await part();
console.log(`\npeer (load average after: ${(loadavg()[0] ?? 0).toFixed(2)})\n${formatTable(table)}`);

async function compare(rows: readonly Row[], measure: (side: Side) => Promise<readonly Measured[]>): Promise<void> {
  const [ours, peer] = [await measure(OURS), await measure(PEER)];
  for (const [index, { name, unit, target }] of rows.entries()) {
    const [theirs, own] = [peer[index], ours[index]];
    if (theirs === undefined || own === undefined) continue;
    const ratio = theirs.value / own.value;
    const verdict = target === undefined ? '' : ratio >= target ? 'met' : 'MISSED';
    const cells = [show(theirs, unit), show(own, unit), shorten(ratio), target === undefined ? '' : `>= ${target}`];
    table.push([name, ...cells, verdict]);
    console.log(JSON.stringify({ name, unit, peer: theirs, ours: own, ratio, target }));
  }
}
function show({ value, far = 1 }: Measured, unit: string): string {
  const text = `${shorten(value)} ${unit}`.trim();
  return far < 1 ? `${text} (extrapolated from ${Math.round(far * 100)} %)` : text;
}

async function requests(side: Side): Promise<readonly Measured[]> {
  return withSide(side, {}, async (sandbox) => {
    const since = await lastSeq(sandbox);
    await storm(sandbox, 1);
    await quiet(sandbox);
    return [{ value: (await sandbox.journal(since, 'http')).length }];
  });
}

async function orders(side: Side, latencyMs: number): Promise<readonly Measured[]> {
  return withSide(side, { latencyMs }, async (sandbox, { pid }) => {
    const cpu = cpuSeconds(pid);
    const started = performance.now();
    const done = await storm(sandbox, ORDERS);
    const far = done / ORDERS;
    const seconds = (performance.now() - started) / 1000;
    return [
      { value: seconds / far, far },
      { value: (cpuSeconds(pid) - cpu) / far, far },
      { value: memoryMb(pid, 'VmHWM') },
    ];
  });
}

async function reports(side: Side, resources: number, latencyMs: number): Promise<readonly Measured[]> {
  const sandbox = await startSandboxProcess({ resources, latencyMs });
  const measured = await withScratch(async (folder) => {
    const first = await side.report(sandbox, folder, { resources, unchanged: false, patienceMs: PATIENCE_MS });
    const highest = memoryMb(first.running.pid, 'VmHWM');
    await first.running.stop();
    const far = first.done / resources;
    const whole = [first.seconds, first.cpuSeconds, first.requests].map((value) => ({ value: value / far, far }));
    const known = [...whole, { value: highest }];
    // Without a complete first one there is none that changes nothing.
    if (far < 1) return known;
    const second = await side.report(sandbox, folder, { resources, unchanged: true, patienceMs: PATIENCE_MS });
    await second.running.stop();
    const again = second.done / resources;
    return [...known, { value: second.seconds / again, far: again }];
  });
  await sandbox.stop();
  return measured;
}

async function idle(side: Side): Promise<readonly Measured[]> {
  return withSide(side, {}, async (sandbox, { pid }, folder) => {
    if (side.name === 'ours') return [{ value: await idleMemoryMb(pid) }];
    // Reports are another process of the peer's, which stays after the first one.
    const pass = { resources: 0, unchanged: false, patienceMs: 1000 };
    const { running } = await side.report(sandbox, folder, pass);
    const [events, report] = await Promise.all([idleMemoryMb(pid), idleMemoryMb(running.pid)]);
    await running.stop();
    return [{ value: events + report }];
  });
}

async function starts(side: Side): Promise<readonly Measured[]> {
  const sandbox = await startSandboxProcess();
  const seconds: number[] = [];
  for (let run = 0; run < STARTS; run++) {
    await withScratch(async (folder) => {
      const started = performance.now();
      const running = await side.start(sandbox, folder);
      seconds.push((performance.now() - started) / 1000);
      await running.stop();
    });
  }
  await sandbox.stop();
  return [{ value: median(seconds) }];
}

/** An agent that hears events and has nothing left of its start to do. */
async function withSide<T>(
  side: Side,
  options: SandboxProcessOptions,
  work: (sandbox: SandboxProcess, running: Running, folder: string) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandboxProcess(options);
  const result = await withScratch(async (folder) => {
    const running = await side.start(sandbox, folder);
    await quiet(sandbox);
    const measured = await work(sandbox, running, folder);
    await running.stop();
    return measured;
  });
  await sandbox.stop();
  return result;
}

/** Orders, all at once; answers how many were done when they all were, or patience was over. */
async function storm(sandbox: SandboxProcess, count: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  await sandbox.test('POST', 'storm', { orders: count });
  let done = 0;
  const isOver = async (): Promise<boolean> => {
    const report = (await sandbox.test('GET', 'storm')) as Storm;
    if (report.failed > 0) throw new Error(`${report.failed} orders failed`);
    done = report.done;
    return done >= count || performance.now() > deadline;
  };
  await until('all orders', isOver, { everyMs: 10, patienceMs: PATIENCE_MS + 60_000 });
  return done;
}

/** Until nothing was asked for a second. */
async function quiet(sandbox: SandboxProcess): Promise<void> {
  let seen = -1;
  for (;;) {
    const last = await lastSeq(sandbox);
    if (last === seen) return;
    seen = last;
    await sleep(1000);
  }
}
