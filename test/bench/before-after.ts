import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { siteYaml } from '../fakes/site.ts';
import { type AgentProcess, startAgentProcess } from './lib/agent-process.ts';
import { addBuckets } from './lib/population.ts';
import { cpuSeconds, idleMemoryMb } from './lib/proc.ts';
import { formatTable, median, shorten } from './lib/report.ts';
import { startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/**
 * Another build of the agent and this one in alternating runs on the same work, against the same sandbox without delays.
 * Each runs with the flags of its own systemd unit. CPU is that of the agent's process, all threads and the kernel included,
 * so other work on the machine matters little.
 *
 *   node dist/test/bench/before-after.js /tmp/base/dist/src/cli/main.js --runs 7
 *   node dist/test/bench/before-after.js /tmp/base/dist/src/cli/main.js --part reports     or: --part start
 */

const RESOURCES = 10_000;
const UNCHANGED = 3;
const ORDERS = 1000;
/** What an idle agent uses in 1.5 seconds, at most. */
const IDLE_S = 0.03;

/** Figures of one run, in the order of the table. */
type Run = Readonly<Partial<Record<'ready' | 'readyCpu' | 'idle' | 'order' | 'first' | 'unchanged', number>>>;

const FIGURES: readonly { readonly key: keyof Run; readonly name: string; readonly unit: string }[] = [
  { key: 'ready', name: 'start to READY=1', unit: 'ms' },
  { key: 'readyCpu', name: 'the same, CPU', unit: 'ms' },
  { key: 'idle', name: 'memory, connected and idle', unit: 'MB' },
  { key: 'order', name: `CPU per order of ${ORDERS}`, unit: 'ms' },
  { key: 'first', name: `CPU per first report of ${RESOURCES}`, unit: 'ms' },
  { key: 'unchanged', name: 'CPU per unchanged reported resource', unit: 'ms' },
];

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '7' }, part: { type: 'string' } },
  allowPositionals: true,
});
const [before] = positionals;
if (before === undefined) throw new Error('name the main.js of the build to compare with');
const after = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const runs: { readonly before: Run; readonly after: Run }[] = [];
for (let run = 0; run < Number(values.runs); run++) {
  // Whichever comes first finds the caches of the machine cold.
  const first = run % 2 === 0 ? await measure(before) : undefined;
  const ours = await measure(after);
  runs.push({ before: first ?? (await measure(before)), after: ours });
  console.log(JSON.stringify({ ...runs.at(-1), load: loadavg()[0] }));
}
const rows = FIGURES.filter(({ key }) => runs[0]?.after[key] !== undefined).map(({ key, name, unit }) => {
  const of = (side: 'before' | 'after'): number[] => runs.map((run) => run[side][key] ?? Number.NaN);
  const [was, is] = [median(of('before')), median(of('after'))];
  const range = (side: 'before' | 'after'): string =>
    `${shorten(Math.min(...of(side)))} to ${shorten(Math.max(...of(side)))}`;
  return [
    name,
    `${shorten(was)} ${unit}`,
    range('before'),
    `${shorten(is)} ${unit}`,
    range('after'),
    (is / was).toFixed(2),
  ];
});
console.log(`\nmedians of ${runs.length} runs: before, after, ratio\n${formatTable(rows)}`);

async function measure(program: string): Promise<Run> {
  const { part } = values;
  return {
    ...(part !== 'reports' && (await startAndOrders(program))),
    ...(part !== 'start' && (await reports(program))),
  };
}

function startAndOrders(program: string): Promise<Run> {
  return withAgent(program, 0, async (agent, sandbox) => {
    const idle = await idleMemoryMb(agent.pid);
    const cpu = cpuSeconds(agent.pid);
    await sandbox.test('POST', 'storm', { orders: ORDERS });
    const isOver = async (): Promise<boolean> => {
      const { done, failed } = (await sandbox.test('GET', 'storm')) as { done: number; failed: number };
      return done + failed >= ORDERS;
    };
    await until('all orders', isOver, { everyMs: 100 });
    const order = ((cpuSeconds(agent.pid) - cpu) * 1000) / ORDERS;
    return { ready: agent.readyMs, readyCpu: agent.readyCpuMs, idle, order };
  });
}

function reports(program: string): Promise<Run> {
  return withAgent(program, RESOURCES, async (agent) => {
    await settled(agent.pid);
    const first = await reportCpu(agent);
    let unchanged = 0;
    for (let pass = 0; pass < UNCHANGED; pass++) unchanged += await reportCpu(agent);
    return { first: (first * 1000) / RESOURCES, unchanged: (unchanged * 1000) / RESOURCES / UNCHANGED };
  });
}

/** Resolves when the first look at all accounts is over, which uses the same CPU. */
async function settled(pid: number): Promise<void> {
  let before: number;
  do {
    before = cpuSeconds(pid);
    await sleep(1500);
  } while (cpuSeconds(pid) - before > IDLE_S);
}

/** CPU seconds of one report. */
async function reportCpu(agent: AgentProcess): Promise<number> {
  const before = agent.logged('usage reported').length;
  const cpu = cpuSeconds(agent.pid);
  agent.report();
  await until('the report', () => agent.logged('usage reported').length > before);
  return cpuSeconds(agent.pid) - cpu;
}

function withAgent<T>(
  program: string,
  resources: number,
  work: (agent: AgentProcess, sandbox: Awaited<ReturnType<typeof startSandboxProcess>>) => Promise<T>,
): Promise<T> {
  return withScratch(async (folder) => {
    const sandbox = await startSandboxProcess({ resources });
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    await addBuckets(storage, resources);
    const agent = await startAgentProcess(siteYaml(sandbox, storage, FIXTURE.limit), folder, {
      program,
      root: join(dirname(program), '../../..'),
    });
    await agent.connected();
    const outcome = await work(agent, sandbox);
    await agent.stop();
    await sandbox.stop();
    return outcome;
  });
}
