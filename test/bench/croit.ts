import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createBackend } from '../../plugins/croit-s3/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { AT_ONCE } from '../../src/lib/for-accounts.ts';
import { createHttp } from '../../src/lib/http.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';
import { printResult } from './lib/report.ts';

/** Usage of many S3 users from croit's API: how many requests, and how much longer than their latency allows. */

const LATENCY_MS = 5;
/** As many accounts as the agent asks about at once. */
const PAGE = 100;
const SETTINGS = {
  flavour: 'croit',
  token: 'bench-token',
  s3_region: 'default',
  verify_ssl: true,
  timeout: 30,
  user_prefix: 'waldur_',
  slug_separator: '_',
  max_username_length: 64,
  default_tenant: '',
  default_placement: '',
  default_storage_class: '',
} as const;
const signal = new AbortController().signal;

interface Pass {
  readonly requests: number;
  readonly seconds: number;
  readonly ratio: number;
}

await measure(1000);
const { requests, seconds, ratio } = await measure(10_000);
printResult('croit', [
  { name: 'usage of 10,000 users', value: seconds, unit: 's' },
  { name: 'requests: one listing, and one per user', value: requests, unit: '', target: { exactly: 10_001 } },
  { name: 'time over what latency and concurrency allow', value: ratio, unit: '', target: { atMost: 1.3 } },
]);

async function measure(users: number): Promise<Pass> {
  const server = await startServer(users);
  const backend = connect(server.port);
  const accounts = Array.from({ length: users }, (_, index) => `waldur_org_proj_${String(index).padStart(8, '0')}`);
  const started = performance.now();
  let measured = 0;
  for (let at = 0; at < users; at += PAGE) measured += await count(backend, accounts.slice(at, at + PAGE));
  const wallMs = performance.now() - started;
  const { requests, latencyMs } = await server.stop();
  await backend.close();
  if (measured !== users) throw new Error(`${measured} of ${users} users were measured`);
  // The last of a page are waited for before the next page begins.
  const rounds = 1 + (users / PAGE) * Math.ceil(PAGE / AT_ONCE);
  return { requests, seconds: wallMs / 1000, ratio: wallMs / (rounds * latencyMs) };
}

async function count(backend: Backend, accounts: readonly string[]): Promise<number> {
  const query = { metering: 'current', window: { from: new Date(0), to: new Date(1) } } as const;
  let measured = 0;
  for await (const { quantities } of backend.usage(accounts, query, signal))
    if (quantities['objects'] === 42n) measured++;
  return measured;
}

function connect(port: number): Backend {
  return createBackend({
    settings: { ...SETTINGS, api_url: `http://127.0.0.1:${port}` },
    log: silentLog(),
    http: (options) => createHttp({ maxSockets: 16, ...options }, { clock: systemClock }),
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => new Uint8Array(bytes),
  });
}

interface Server {
  readonly port: number;
  stop(): Promise<{ readonly requests: number; readonly latencyMs: number }>;
}

async function startServer(users: number): Promise<Server> {
  const program = fileURLToPath(new URL('croit-server.js', import.meta.url));
  const argv = [program, String(users), String(LATENCY_MS)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<readonly number[]> =>
    String((await lines.next()).value)
      .split(' ')
      .map(Number);
  const [port = 0] = await next();
  return {
    port,
    stop: async () => {
      child.stdin.write('how many?\n');
      const [requests = 0, latencyMs = 0] = await next();
      child.kill();
      return { requests, latencyMs };
    },
  };
}
