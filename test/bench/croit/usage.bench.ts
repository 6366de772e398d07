import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { AT_ONCE } from '../../../plugins/croit-s3/at-once.ts';
import { createBackend } from '../../../plugins/croit-s3/index.ts';
import { withDefaults } from '../../../plugins/croit-s3/test/lab.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createHttp } from '../../../src/lib/http.ts';
import type { Backend } from '../../../src/plugin/contract.ts';
import { silentLog } from '../../fakes/log.ts';

const LATENCY_MS = 5;
/** As many accounts as the agent asks about at once. */
const PAGE = 100;
const signal = new AbortController().signal;

let server: Server | undefined;
afterEach(() => server?.stop());

// The first warms up; only the second is held to its time.
test.each([
  [1000, Number.POSITIVE_INFINITY],
  [10_000, 1.3],
])('usage of %d users', async (users, most) => {
  server = await start(users);
  const backend = connect(server.port);
  const accounts = Array.from({ length: users }, (_, index) => `waldur_org_proj_${String(index).padStart(8, '0')}`);
  const started = performance.now();
  let measured = 0;
  for (let at = 0; at < users; at += PAGE) measured += await count(backend, accounts.slice(at, at + PAGE));
  const wallMs = performance.now() - started;
  const { requests, latencyMs } = await server.tally();
  await backend.close();
  // One listing, then every account once; the last of a page are waited for before the next page.
  const boundMs = (1 + (users / PAGE) * Math.ceil(PAGE / AT_ONCE)) * latencyMs;
  console.log(
    `${users} users: ${requests} requests of ${latencyMs.toFixed(2)} ms, ${(wallMs / 1000).toFixed(2)} s, ` +
      `${(wallMs / boundMs).toFixed(2)} times the bound of ${(boundMs / 1000).toFixed(2)} s`,
  );
  expect(measured).toBe(users);
  expect(requests).toBe(users + 1);
  expect(wallMs / boundMs).toBeLessThan(most);
});

async function count(backend: Backend, accounts: readonly string[]): Promise<number> {
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  let measured = 0;
  for await (const { quantities } of backend.usage(accounts, query, signal))
    measured += Number(quantities['objects']) / 42;
  return measured;
}

function connect(port: number): Backend {
  return createBackend({
    settings: withDefaults({ api_url: `http://127.0.0.1:${port}`, token: 'bench-token' }),
    log: silentLog(),
    http: (options) => createHttp({ maxSockets: 16, ...options }, { clock: systemClock }),
    clock: systemClock,
    random: (bytes) => new Uint8Array(bytes),
  });
}

interface Server {
  readonly port: number;
  tally(): Promise<{ readonly requests: number; readonly latencyMs: number }>;
  stop(): void;
}

async function start(users: number): Promise<Server> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['test/bench/croit/server.mjs', String(users), String(LATENCY_MS)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<readonly number[]> =>
    String((await lines.next()).value)
      .split(' ')
      .map(Number);
  const [port = 0] = await next();
  return {
    port,
    tally: async () => {
      child.kill('SIGUSR2');
      const [requests = 0, latencyMs = 0] = await next();
      return { requests, latencyMs };
    },
    stop: () => void child.kill(),
  };
}
