import type { AgentProcess } from './lib/agent-process.ts';
import { idleMemoryMb, memoryMb } from './lib/proc.ts';
import { type Figure, median, printResult } from './lib/report.ts';
import { startSandboxProcess } from './lib/sandbox-process.ts';
import { until } from './lib/until.ts';
import { withAgent } from './lib/with-agent.ts';

/** What the agent's process costs: the time until it is ready, and its memory, idle and with many resources. */

const STARTS = 10;
const PAIRS = 5;
const RESOURCES = 10_000;

printResult('process', [...(await start()), ...(await large())]);

async function start(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess();
  const notified: number[] = [];
  const cpu: number[] = [];
  const served: number[] = [];
  const idle = async (agent: AgentProcess): Promise<number> => {
    await agent.connected();
    return idleMemoryMb(agent.pid);
  };
  const idleMb = await withAgent(sandbox, {}, idle);
  const more: number[] = [];
  for (let run = 0; run < PAIRS; run++) {
    const memory = await withAgent(sandbox, {}, idle);
    more.push((await withAgent(sandbox, { state: true }, idle)) - memory);
  }
  for (let run = 0; run < STARTS; run++) {
    await withAgent(sandbox, {}, async (agent) => {
      notified.push(agent.readyMs);
      cpu.push(agent.readyCpuMs);
      served.push(await agent.ready());
    });
  }
  await sandbox.stop();
  return [
    { name: 'start to READY=1, median', value: median(notified), unit: 'ms', target: { atMost: 500 } },
    { name: 'start to READY=1, longest', value: Math.max(...notified), unit: 'ms' },
    { name: 'CPU time to READY=1, median', value: median(cpu), unit: 'ms' },
    { name: 'start to 200 from /readyz, median', value: median(served), unit: 'ms' },
    { name: 'memory, connected and idle', value: idleMb, unit: 'MB', target: { atMost: 90 } },
    { name: 'the same with a state file, more by', value: median(more), unit: 'MB', target: { atMost: 12 } },
  ];
}

async function large(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess({ resources: RESOURCES });
  const figures = await withAgent(sandbox, { buckets: RESOURCES }, async (agent) => {
    await agent.connected();
    const first = await report(agent);
    const afterFirst = await idleMemoryMb(agent.pid);
    const second = await report(agent);
    const afterSecond = await idleMemoryMb(agent.pid);
    const of = `of ${RESOURCES} resources`;
    return [
      { name: `first report ${of}`, value: first / 1000, unit: 's' },
      { name: `memory after the first report ${of}`, value: afterFirst, unit: 'MB', target: { atMost: 160 } },
      { name: 'unchanged report', value: second / 1000, unit: 's' },
      { name: 'memory after the unchanged report', value: afterSecond, unit: 'MB', target: { atMost: 160 } },
      { name: 'memory, highest', value: memoryMb(agent.pid, 'VmHWM'), unit: 'MB' },
    ];
  });
  await sandbox.stop();
  return figures;
}

/** Milliseconds of one report, by the agent's own account. */
async function report(agent: AgentProcess): Promise<number> {
  const before = agent.logged('usage reported').length;
  agent.report();
  await until('the report', () => agent.logged('usage reported').length > before);
  const { ms, failed, missing } = agent.logged('usage reported').at(-1) ?? {};
  if (failed !== 0 || missing !== 0)
    throw new Error(`the report failed for ${String(failed)}, missed ${String(missing)}`);
  return Number(ms);
}
