import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import type { OrderRequest } from '../../src/sandbox/order-request.ts';
import { siteYaml } from '../fakes/site.ts';
import { startAgentProcess } from './lib/agent-process.ts';
import { type Inspector, openInspector } from './lib/inspector.ts';
import { memoryMb } from './lib/proc.ts';
import { type Figure, printResult, verdict } from './lib/report.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { slope } from './lib/trend.ts';

/**
 * Steady load for so many minutes, the first argument: orders, flags, reports, upkeep and lost sessions. What grows over
 * that time fails it, however slowly.
 */

const MINUTES = Number(process.argv[2] ?? 30);
/** Most of what is compiled is compiled in the first minute. */
const WARM_UP_MS = 60_000;
const BURST = 60;
const CREATE = { type: 'Create', limits: { storage: 5, objects: 1000 } } as const;
const SAMPLE_MS = 5000;
const LOOKS = 10;
/** Timers are as many as there are waits. */
const RESOURCES = "process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length";
/** A resource lives for three orders and two flags; one is born so often. */
const BIRTH_MS = 600;
const PAUSE_MS = 700;
const REPORT_MS = 20_000;
/** Sessions that last less than a minute are opened again ever later. */
const RESET_MS = 65_000;

/** What a line through all samples may rise from the first to the last, however long that takes. */
const GROWTH = { heapMb: 2, residentMb: 10, files: 6, resources: 6, queued: 4 } as const;

/** The agent remembers its last ten thousand finished orders by their UUIDs; measured, with their place in the set. */
const REMEMBERED = { orders: 10_000, mbEach: 130 / 1024 ** 2 } as const;
/** And the last reading of up to a hundred thousand accounts, to tell what cannot be true; measured. A life is three orders. */
const READINGS = { accounts: 100_000, ordersEach: 3, mbEach: 384 / 1024 ** 2 } as const;

interface Sample {
  readonly atMs: number;
  /** In use after a collection. */
  readonly heapMb: number;
  readonly residentMb: number;
  /** Open descriptors, and what keeps the event loop: sockets, pipes, requests. The least of a few looks: they come and go. */
  readonly files: number;
  readonly resources: number;
  /** Hints that wait or run. */
  readonly queued: number;
}

await withScratch(async (folder) => {
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const sandbox = await startSandboxProcess();
  const intervals = 'reconcile_interval: 10s\npoll_interval: 10s\nupkeep_interval: 15s\n';
  const yaml = siteYaml(sandbox, storage, FIXTURE.limit, { agent: intervals });
  const agent = await startAgentProcess(yaml, folder, { flags: ['--inspect=127.0.0.1:0'] });
  await agent.connected();
  const [url = ''] = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(agent.log()) ?? [];
  const inspector = await openInspector(url);

  const stop = new AbortController();
  const load = Promise.all([
    live(sandbox, stop.signal),
    every(REPORT_MS, stop.signal, async () => agent.report()),
    every(RESET_MS, stop.signal, async () => void (await sandbox.test('POST', 'broker', { kind: 'reset' }))),
  ]);
  // What is not done has a reason, and the log goes with the folder.
  load.catch((error: Error) => {
    const uuids = error.message.match(/[0-9a-f]{32}/g) ?? [];
    const lines = agent.log().split('\n');
    console.error(lines.filter((line) => uuids.some((uuid) => line.includes(uuid))).join('\n'));
    stop.abort();
  });
  // As many connections as there will ever be.
  await Promise.all(Array.from({ length: BURST }, () => done(sandbox, CREATE)));
  // What happens for the first time costs once, such as the source maps of what is logged.
  agent.report();
  await sandbox.test('POST', 'broker', { kind: 'reset' });
  await sleep(WARM_UP_MS);
  const samples: Sample[] = [];
  const started = performance.now();
  while (performance.now() - started < MINUTES * 60_000 && !stop.signal.aborted) {
    samples.push(await sample(agent, inspector, performance.now() - started));
    await sleep(SAMPLE_MS / 2);
  }
  stop.abort();
  const [orders] = await load;
  const violations = (await sandbox.test('GET', 'invariants')) as readonly unknown[];
  const failures = agent.logged('usage could not be reported').length;
  inspector.close();
  const figures = judge(samples, orders, violations.length + failures);
  printResult('soak', figures);
  await agent.stop();
  await sandbox.stop();
  if (figures.some(({ value, target }) => verdict(value, target) === 'MISSED')) process.exitCode = 1;
});

/** What the agent keeps on purpose after so many orders, in MB. */
function remembered(orders: number): number {
  const readings = Math.min(orders / READINGS.ordersEach, READINGS.accounts) * READINGS.mbEach;
  return Math.min(orders, REMEMBERED.orders) * REMEMBERED.mbEach + readings;
}

function judge(samples: readonly Sample[], orders: number, broken: number): readonly Figure[] {
  const minutes = ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) / 60_000;
  const trend = (name: string, key: keyof typeof GROWTH, unit: string, known = 0): readonly Figure[] => {
    const values = samples.map((one) => one[key]);
    const perMinute = slope(samples.map((one) => ({ x: one.atMs / 60_000, y: one[key] })));
    return [
      { name: `${name}, first and last`, value: values[0] ?? 0, unit: `${unit} → ${(values.at(-1) ?? 0).toFixed(1)}` },
      { name: `${name}, slope`, value: perMinute, unit: `${unit}/min` },
      { name: `${name}, slope × time`, value: perMinute * minutes, unit, target: { atMost: GROWTH[key] + known } },
    ];
  };
  return [
    { name: 'time, samples', value: minutes, unit: `min, ${samples.length}` },
    { name: 'orders done', value: orders, unit: 'orders', target: { atLeast: Math.floor(minutes * 60) } },
    { name: 'rules broken, reports failed', value: broken, unit: '', target: { exactly: 0 } },
    ...trend('heap in use', 'heapMb', 'MB', remembered(orders)),
    ...trend('resident', 'residentMb', 'MB'),
    ...trend('descriptors', 'files', ''),
    ...trend('handles', 'resources', ''),
    ...trend('queued and running', 'queued', ''),
  ];
}

async function sample(
  agent: { readonly pid: number; readonly port: number },
  inspector: Inspector,
  atMs: number,
): Promise<Sample> {
  const page = await (await fetch(`http://127.0.0.1:${agent.port}/metrics`)).text();
  const counts = [...page.matchAll(/^waldur_agent_orders_(?:queued|in_progress)\{.*\} (\d+)$/gm)];
  let files = Number.POSITIVE_INFINITY;
  let resources = Number.POSITIVE_INFINITY;
  for (let look = 0; look < LOOKS; look++) {
    files = Math.min(files, readdirSync(`/proc/${agent.pid}/fd`).length);
    resources = Math.min(resources, Number(await inspector.evaluate(RESOURCES)));
    await sleep(SAMPLE_MS / LOOKS / 2);
  }
  await inspector.collectGarbage();
  return {
    atMs,
    heapMb: Number(await inspector.evaluate('process.memoryUsage().heapUsed')) / 1024 ** 2,
    residentMb: memoryMb(agent.pid),
    files,
    resources,
    queued: counts.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}

/** Resources are born, changed, paused and terminated, until the signal fires. Answers how many orders that took. */
async function live(sandbox: SandboxProcess, signal: AbortSignal): Promise<number> {
  let orders = 0;
  const next = async (request: OrderRequest): Promise<string> => {
    const resource = await done(sandbox, request);
    orders++;
    return resource;
  };
  const flag = async (resource: string, paused: boolean): Promise<void> => {
    await sandbox.test('POST', 'flags', { resource, paused });
    await sleep(PAUSE_MS);
  };
  const life = async (): Promise<void> => {
    const resource = await next(CREATE);
    await flag(resource, true);
    await flag(resource, false);
    await next({ type: 'Update', resource, limits: { storage: 10, objects: 1000 } });
    await sleep(PAUSE_MS);
    await next({ type: 'Terminate', resource });
  };
  const lives = new Set<Promise<void>>();
  let failed: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  const births = every(BIRTH_MS, signal, async () => {
    const one = life()
      .catch(failed)
      .finally(() => lives.delete(one));
    lives.add(one);
  });
  await Promise.race([births, failure]);
  await Promise.race([Promise.all(lives), failure]);
  return orders;
}

/** Places an order and waits for its end. Answers its resource. */
async function done(sandbox: SandboxProcess, request: OrderRequest): Promise<string> {
  const placed = (await sandbox.test('POST', 'orders', request)) as Record<'order_uuid' | 'resource_uuid', string>;
  const query = new URLSearchParams({ order: placed.order_uuid, state: 'done', timeout: '60' });
  const { reached } = (await sandbox.test('GET', `await?${query.toString()}`)) as { readonly reached: boolean };
  const { order_uuid: order, resource_uuid: resource } = placed;
  if (!reached) throw new Error(`${String(request.type)} ${order} of ${resource} is not done after a minute`);
  return resource;
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}
