import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { cpuMs, idleMemoryMb } from './lib/proc.ts';
import { type Figure, median, printResult } from './lib/report.ts';
import { type SandboxProcess, startSandboxProcess } from './lib/sandbox-process.ts';
import { withScratch } from './lib/scratch.ts';
import { until } from './lib/until.ts';
import { type AgentOptions, withAgent } from './lib/with-agent.ts';

/** What the page costs the agent, how long a long list takes, and what browsers that listen cost. */

const PAIRS = 3;
const STARTS = 15;
const RESOURCES = 10_000;
const ANSWERS = 21;
const DRAWS = 5;
const BROWSERS = 200;
const ROUNDS = 3;
const LISTEN_S = 8;

const BUILT = 'dist/page/index.html';
/** No login server is asked before someone logs in. */
const LOGIN = `web:
  public_url: http://127.0.0.1:9464
  login: { issuer: "http://127.0.0.1:9", client_id: bench, admins: [bench] }
`;

if (!existsSync(BUILT)) throw new Error('build the page first: npm run build:page');
const figures: Figure[] = [];
for (const part of [memory, start, longList, listeners]) {
  console.log(`  ${part.name} …`);
  figures.push(...(await part()));
}
printResult('page', figures);

/** The agent with page and login beside the agent without, at the same time. */
async function memory(): Promise<readonly Figure[]> {
  return withBuilds(async (bare, full) => {
    const idle = (options: AgentOptions): Promise<number> => {
      return withSandbox({}, (sandbox) =>
        withAgent(sandbox, options, async (agent) => {
          await agent.connected();
          return idleMemoryMb(agent.pid);
        }),
      );
    };
    const pairs = Array.from({ length: PAIRS }, () => Promise.all([idle(bare), idle(full)]));
    const more = (await Promise.all(pairs)).map(([without, beside]) => beside - without);
    return [
      { name: 'idle memory with page and login, more by', value: median(more), unit: 'MB', target: { atMost: 8 } },
    ];
  });
}

/** In turns: the machine is not the same from one second to the next. */
async function start(): Promise<readonly Figure[]> {
  return withBuilds((bare, full) =>
    withSandbox({}, async (sandbox) => {
      const once = (options: AgentOptions) =>
        withAgent(sandbox, options, async ({ readyMs, readyCpuMs }) => ({ readyMs, readyCpuMs }));
      const [ready, cpu, whole]: [number[], number[], number[]] = [[], [], []];
      const fastest = { without: Number.POSITIVE_INFINITY, beside: Number.POSITIVE_INFINITY };
      for (let turn = 0; turn < STARTS; turn++) {
        const [first, second] = turn % 2 === 0 ? [bare, full] : [full, bare];
        const [a, b] = [await once(first), await once(second)];
        const [without, beside] = turn % 2 === 0 ? [a, b] : [b, a];
        ready.push(beside.readyMs - without.readyMs);
        cpu.push(beside.readyCpuMs - without.readyCpuMs);
        whole.push(without.readyCpuMs);
        fastest.without = Math.min(fastest.without, without.readyMs);
        fastest.beside = Math.min(fastest.beside, beside.readyMs);
      }
      return [
        {
          name: 'start to READY=1 with page and login, longer by',
          value: median(ready),
          unit: 'ms',
          target: { atMost: 60 },
        },
        { name: 'the fastest of each, longer by', value: fastest.beside - fastest.without, unit: 'ms' },
        { name: 'CPU time to READY=1, more by', value: median(cpu), unit: 'ms', target: { atMost: 60 } },
        { name: 'CPU time to READY=1 without', value: median(whole), unit: 'ms' },
      ];
    }),
  );
}

async function longList(): Promise<readonly Figure[]> {
  return withSandbox({ resources: RESOURCES }, (sandbox) =>
    withAgent(sandbox, { buckets: RESOURCES }, async (agent) => {
      await agent.connected();
      const url = `http://127.0.0.1:${agent.port}`;
      await fetch(`${url}/v1/now/check`, { method: 'POST' });
      await until('all resources to be seen', async () => (await count(url)) === RESOURCES, { everyMs: 500 });
      await until('the check to be over', () => isAtRest(agent.pid), { everyMs: 0 });
      const answers: number[] = [];
      const before = cpuMs(agent.pid);
      for (let run = 0; run < ANSWERS; run++) answers.push(await answerMs(agent.port, '/v1/resources'));
      const cpu = (cpuMs(agent.pid) - before) / ANSWERS;
      const drawn = await draw(`${url}/ui/resources`);
      const of = `of ${RESOURCES} resources`;
      return [
        { name: `answer with a list ${of}, median`, value: median(answers), unit: 'ms', target: { atMost: 100 } },
        { name: 'the fastest of them', value: Math.min(...answers), unit: 'ms' },
        { name: 'CPU time of the agent for it', value: cpu, unit: 'ms', target: { atMost: 100 } },
        {
          name: 'from its answer to the list on the screen, median',
          value: median(drawn.map(({ answered }) => answered)),
          unit: 'ms',
          target: { atMost: 1000 },
        },
        { name: 'from the address to the list, median', value: median(drawn.map(({ opened }) => opened)), unit: 'ms' },
      ];
    }),
  );
}

/** Whether a process does next to nothing for half a second. */
async function isAtRest(pid: number): Promise<boolean> {
  const before = cpuMs(pid);
  await sleep(500);
  return cpuMs(pid) - before < 20;
}

async function count(url: string): Promise<number> {
  const { offerings } = (await (await fetch(`${url}/v1/overview`)).json()) as { offerings: { resources: number }[] };
  return offerings[0]?.resources ?? 0;
}

/** Milliseconds to the last byte of an answer, which is not looked at. */
function answerMs(port: number, path: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, (answer: IncomingMessage) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered with ${answer.statusCode}`));
      answer.resume().on('end', () => resolve(performance.now() - began));
    }).on('error', reject);
  });
}

/** Milliseconds to the first rows: from the last byte of the answer, and from opening the page. */
async function draw(url: string): Promise<readonly { readonly answered: number; readonly opened: number }[]> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const drawn: { answered: number; opened: number }[] = [];
  try {
    for (let run = 0; run < DRAWS; run++) {
      const page = await browser.newPage();
      const answered = page.waitForResponse(/v1\/resources$/).then(async (answer) => {
        await answer.finished();
        return performance.now();
      });
      const opened = performance.now();
      await page.goto(url, { waitUntil: 'commit' });
      await page.getByRole('row').nth(5).waitFor();
      const now = performance.now();
      drawn.push({ answered: now - (await answered), opened: now - opened });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return drawn;
}

/** An order a second, with every browser listening and with none, in turns. */
async function listeners(): Promise<readonly Figure[]> {
  return withSandbox({}, (sandbox) =>
    withAgent(sandbox, {}, async (agent) => {
      await agent.connected();
      await orders(sandbox, agent.pid);
      const shares: number[] = [];
      let told = BROWSERS;
      for (let round = 0; round < ROUNDS; round++) {
        const alone = await orders(sandbox, agent.pid);
        const open = await Promise.all(Array.from({ length: BROWSERS }, () => listen(agent.port)));
        const heard = await orders(sandbox, agent.pid);
        told = Math.min(told, open.filter(({ bytes }) => bytes() > 1000).length);
        for (const { close } of open) close();
        shares.push((100 * (heard - alone)) / (LISTEN_S * 1000));
      }
      const of = `${BROWSERS} of them at one order a second, of a core`;
      return [
        { name: 'browsers that heard of the orders', value: told, unit: '', target: { exactly: BROWSERS } },
        { name: of, value: median(shares), unit: '%', target: { atMost: 5 } },
      ];
    }),
  );
}

/** CPU milliseconds of the agent while it fulfils an order a second. */
async function orders(sandbox: SandboxProcess, pid: number): Promise<number> {
  const before = cpuMs(pid);
  for (let second = 0; second < LISTEN_S; second++) {
    await sandbox.test('POST', 'orders', {});
    await sleep(1000);
  }
  return cpuMs(pid) - before;
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

/** Agents without page and login, and with both. An agent serves the page that it finds beside its code. */
function withBuilds<T>(work: (bare: AgentOptions, full: AgentOptions) => Promise<T>): Promise<T> {
  return withScratch(async (folder) => {
    for (const part of ['src', 'plugins', 'package.json']) {
      cpSync(join('dist', part), join(folder, part), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    return await work({ program: join(folder, 'src/cli/main.js') }, { agent: LOGIN });
  });
}

async function withSandbox<T>(
  options: Parameters<typeof startSandboxProcess>[0],
  work: (sandbox: SandboxProcess) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandboxProcess(options);
  try {
    return await work(sandbox);
  } finally {
    await sandbox.stop();
  }
}
