import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { siteYaml } from '../fakes/site.ts';
import { type AgentProcess, startAgentProcess } from './lib/agent-process.ts';
import { addBuckets } from './lib/population.ts';
import { cpuSeconds, idleMemoryMb } from './lib/proc.ts';
import { type Figure, median, printResult } from './lib/report.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';

/** What the page costs the agent, how long a long list takes, and what browsers that listen cost. */

const PAGE = 'dist/page';
const AWAY = 'dist/page.away';
const PAIRS = 3;
const STARTS = 5;
const RESOURCES = 10_000;
const BROWSERS = 200;
const LISTEN_S = 20;

if (!existsSync(join(PAGE, 'index.html'))) throw new Error('build the page first: npm run build:page');
printResult('page', [...(await cost()), ...(await longList()), ...(await listeners())]);

/** The agent with the page beside the agent without, in turns. */
async function cost(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess();
  const [memory, ready, cpu]: [number[], number[], number[]] = [[], [], []];
  const idle = (hasPage: boolean): Promise<number> => {
    return withPage(hasPage, () =>
      withAgent(sandbox, 0, async (agent) => {
        await agent.connected();
        return idleMemoryMb(agent.pid);
      }),
    );
  };
  const start = (hasPage: boolean) =>
    withPage(hasPage, () => withAgent(sandbox, 0, async ({ readyMs, readyCpuMs }) => ({ readyMs, readyCpuMs })));
  for (let run = 0; run < PAIRS; run++) {
    const without = await idle(false);
    memory.push((await idle(true)) - without);
  }
  for (let run = 0; run < STARTS; run++) {
    const without = await start(false);
    const beside = await start(true);
    ready.push(beside.readyMs - without.readyMs);
    cpu.push(beside.readyCpuMs - without.readyCpuMs);
  }
  await sandbox.stop();
  return [
    { name: 'idle memory with the page, more by', value: median(memory), unit: 'MB', target: { atMost: 8 } },
    { name: 'start to READY=1 with the page, longer by', value: median(ready), unit: 'ms', target: { atMost: 60 } },
    { name: 'CPU time to READY=1, more by', value: median(cpu), unit: 'ms' },
  ];
}

async function longList(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess({ resources: RESOURCES });
  const figures = await withAgent(sandbox, RESOURCES, async (agent) => {
    await agent.connected();
    const url = `http://127.0.0.1:${agent.port}`;
    await fetch(`${url}/v1/now/check`, { method: 'POST' });
    await until('all resources to be seen', async () => (await count(url)) === RESOURCES, { everyMs: 500 });
    const answers: number[] = [];
    for (let run = 0; run < 11; run++) {
      const began = performance.now();
      await (await fetch(`${url}/v1/resources`)).text();
      answers.push(performance.now() - began);
    }
    const drawn = await draw(`${url}/ui/resources`);
    const of = `of ${RESOURCES} resources`;
    return [
      { name: `answer with a list ${of}, median`, value: median(answers), unit: 'ms', target: { atMost: 100 } },
      {
        name: `from its answer to the list on the screen, median`,
        value: median(drawn),
        unit: 'ms',
        target: { atMost: 1000 },
      },
    ];
  });
  await sandbox.stop();
  return figures;
}

async function count(url: string): Promise<number> {
  const { offerings } = (await (await fetch(`${url}/v1/overview`)).json()) as { offerings: { resources: number }[] };
  return offerings[0]?.resources ?? 0;
}

/** From the last byte of the answer to the first row. */
async function draw(url: string): Promise<readonly number[]> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const drawn: number[] = [];
  try {
    for (let run = 0; run < 5; run++) {
      const page = await browser.newPage();
      const answered = page.waitForResponse(/v1\/resources$/).then((answer) => answer.finished());
      await page.goto(url, { waitUntil: 'commit' });
      await answered;
      const began = performance.now();
      await page.getByRole('row').nth(5).waitFor();
      drawn.push(performance.now() - began);
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return drawn;
}

/** An order a second, with nobody listening and with everybody. */
async function listeners(): Promise<readonly Figure[]> {
  const sandbox = await startSandboxProcess();
  const figures = await withAgent(sandbox, 0, async (agent) => {
    await agent.connected();
    await orders(sandbox, agent.pid, 5);
    const alone = await orders(sandbox, agent.pid, LISTEN_S);
    const open = await Promise.all(Array.from({ length: BROWSERS }, () => listen(agent.port)));
    const heard = await orders(sandbox, agent.pid, LISTEN_S);
    const told = open.filter(({ bytes }) => bytes() > 1000).length;
    for (const { close } of open) close();
    const value = (100 * (heard - alone)) / LISTEN_S;
    return [
      { name: 'browsers that heard of the orders', value: told, unit: '', target: { exactly: BROWSERS } },
      { name: `${BROWSERS} of them at one order a second, of a core`, value, unit: '%', target: { atMost: 5 } },
    ];
  });
  await sandbox.stop();
  return figures;
}

/** CPU seconds of the agent while it fulfils an order a second. */
async function orders(sandbox: SandboxProcess, pid: number, seconds: number): Promise<number> {
  const before = cpuSeconds(pid);
  for (let second = 0; second < seconds; second++) {
    await sandbox.test('POST', 'orders', {});
    await sleep(1000);
  }
  return cpuSeconds(pid) - before;
}

function listen(port: number): Promise<{ bytes(): number; close(): void }> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const request = get({ host: '127.0.0.1', port, path: '/api/events', agent: false }, (answer: IncomingMessage) => {
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      resolve({ bytes: () => bytes, close: () => request.destroy() });
    });
    request.on('error', reject);
  });
}

async function withPage<T>(hasPage: boolean, work: () => Promise<T>): Promise<T> {
  if (hasPage) return work();
  renameSync(PAGE, AWAY);
  try {
    return await work();
  } finally {
    renameSync(AWAY, PAGE);
  }
}

function withAgent<T>(sandbox: SandboxProcess, buckets: number, work: (agent: AgentProcess) => Promise<T>): Promise<T> {
  return withScratch(async (folder) => {
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    if (buckets > 0) await addBuckets(storage, buckets);
    const agent = await startAgentProcess(siteYaml(sandbox, storage, FIXTURE.limit), folder);
    const outcome = await work(agent);
    await agent.stop();
    return outcome;
  });
}
