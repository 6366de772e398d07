import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { siteYaml } from '../fakes/site.ts';
import { startAgentProcess } from './lib/agent-process.ts';
import { cpuSeconds, memoryMb } from './lib/proc.ts';
import { printResult } from './lib/report.ts';
import { startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/** A thousand create orders at once, against the time that the slowness of Waldur makes unavoidable. */

const ORDERS = 1000;
const LATENCY_MS = 20;
const CONCURRENCY = 16;

interface Storm {
  readonly done: number;
  readonly failed: number;
  readonly duplicated: number;
  readonly longest_ms: number;
}

await withScratch(async (folder) => {
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const sandbox = await startSandboxProcess({ latencyMs: LATENCY_MS });
  const agent = await startAgentProcess(
    siteYaml(sandbox, storage, FIXTURE.limit, { agent: `concurrency: ${CONCURRENCY}` }),
    folder,
  );
  await agent.connected();
  // The first reconciliation and the registration in the portal are not what is measured.
  await sleep(1000);
  const idleMb = memoryMb(agent.pid);
  const mark = (await sandbox.journal(0, 'http')).at(-1)?.seq ?? 0;
  const cpuBefore = [cpuSeconds(agent.pid), cpuSeconds(sandbox.pid)] as const;

  const started = performance.now();
  await sandbox.test('POST', 'storm', { orders: ORDERS });
  let storm: Storm | undefined;
  const isOver = async (): Promise<boolean> => {
    storm = (await sandbox.test('GET', 'storm')) as Storm;
    return storm.done + storm.failed >= ORDERS;
  };
  await until('all orders', isOver, { everyMs: 50 });
  const wallMs = performance.now() - started;

  // After `done` each order is read once more.
  await sleep(500);
  const requests = (await sandbox.journal(mark, 'http')).filter(({ user }) => user === 'provider-owner').length;
  const cpu = [cpuSeconds(agent.pid) - cpuBefore[0], cpuSeconds(sandbox.pid) - cpuBefore[1]] as const;
  const violations = (await sandbox.test('GET', 'invariants')) as readonly unknown[];
  const boundMs = (requests * LATENCY_MS) / CONCURRENCY;
  printResult('throughput', [
    { name: 'orders done', value: storm?.done ?? 0, unit: 'orders', target: { exactly: ORDERS } },
    {
      name: 'orders done twice, rules broken',
      value: (storm?.duplicated ?? 0) + violations.length,
      unit: '',
      target: { exactly: 0 },
    },
    { name: 'requests per order', value: requests / ORDERS, unit: 'requests', target: { atMost: 8 } },
    { name: 'wall time', value: wallMs / 1000, unit: 's' },
    { name: `bound: requests x ${LATENCY_MS} ms / ${CONCURRENCY}`, value: boundMs / 1000, unit: 's' },
    { name: 'wall time to bound', value: wallMs / boundMs, unit: '', target: { atMost: 1.5 } },
    { name: 'CPU of the agent per order', value: (cpu[0] * 1000) / ORDERS, unit: 'ms' },
    { name: 'CPU of the sandbox per order', value: (cpu[1] * 1000) / ORDERS, unit: 'ms' },
    { name: 'memory of the agent before', value: idleMb, unit: 'MB' },
    { name: 'memory of the agent, highest', value: memoryMb(agent.pid, 'VmHWM'), unit: 'MB' },
  ]);
  await agent.stop();
  await sandbox.stop();
});
