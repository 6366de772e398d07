import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/cli/demo/free-port.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import { compare } from './gateway-peers.ts';
import { idleMemoryMb, memoryMb } from './lib/proc.ts';
import { median, printResult } from './lib/report.ts';
import { connect, exchange, headOf } from './lib/s3-load.ts';
import { parsePeers, type S3Peer } from './lib/s3-peers.ts';
import { unitFlags } from './lib/unit-flags.ts';

/** The S3 gateway beside plain `node:http` that pipes to the same disk, with its quotas counted and not. */

const MIB = 1024 * 1024;
const LARGE = 64 * MIB;
const ROUNDS = 7;
const CONNECTIONS = 32;
const SMALL_SECONDS = 3;
const NOTHING = Buffer.alloc(0);
const LARGE_BODY = randomBytes(LARGE);
const SMALL_BODY = randomBytes(1024);

interface Server {
  readonly pid: number;
  readonly port: number;
  /** Path of an object of this name. */
  path(name: string): string;
  readonly keys: KeyPair | undefined;
  stop(): Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), 'agent-bench-'));
const others = parsePeers(process.env['BENCH_S3'] ?? '');
try {
  await (others.length === 0 ? alone() : beside(others));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function beside(peers: readonly S3Peer[]): Promise<void> {
  const { port, path, keys, stop } = await start('serve-gateway', 'true');
  if (keys === undefined) throw new Error('the gateway has no keys');
  const bare = await start('serve-two-files');
  try {
    const target = { name: 'node:http and two files', port: bare.port, bucket: '', keys: undefined };
    await compare([{ name: 'ours', port, bucket: path('').split('/')[1] ?? '', keys }, ...peers], target);
  } finally {
    await Promise.all([stop(), bare.stop()]);
  }
}

async function alone(): Promise<void> {
  const gateway = await start('serve-gateway', 'true');
  const idle = await idleMemoryMb(gateway.pid);
  const files = await start('serve-files');
  const [up, down] = [await large('PUT', gateway, files), await large('GET', gateway, files)];
  await files.stop();
  await Promise.all(range(CONNECTIONS).map((index) => once64('PUT', gateway, `at-once-${index}`)));
  await Promise.all(range(CONNECTIONS).map((index) => once64('GET', gateway, `at-once-${index}`)));
  const memory = memoryMb(gateway.pid, 'VmHWM');
  const puts = await small('PUT', gateway);
  const gets = await small('GET', gateway);
  const ratio = await counting(gateway);
  await gateway.stop();
  printResult('gateway', [
    { name: 'upload of 64 MiB', value: up.rate, unit: 'MB/s' },
    { name: 'upload, to plain node:http', value: up.ratio, unit: '', target: { atLeast: 0.6 } },
    { name: 'download of 64 MiB', value: down.rate, unit: 'MB/s' },
    { name: 'download, to plain node:http', value: down.ratio, unit: '', target: { atLeast: 0.6 } },
    { name: 'memory, idle, with one thread for requests', value: idle, unit: 'MB', target: { atMost: 105 } },
    { name: 'memory, 32 of each at once, highest', value: memory, unit: 'MB', target: { atMost: 150 } },
    { name: 'puts of 1 KiB, 32 connections', value: puts.perSecond, unit: '/s' },
    { name: 'puts of 1 KiB, p99', value: puts.p99, unit: 'ms' },
    { name: 'gets of 1 KiB, 32 connections', value: gets.perSecond, unit: '/s' },
    { name: 'gets of 1 KiB, p99', value: gets.p99, unit: 'ms' },
    { name: 'puts with quotas counted, to without', value: ratio, unit: '', target: { atLeast: 0.95 } },
  ]);
}

/** Puts with quotas counted, to those without. */
async function counting(gateway: Server): Promise<number> {
  const uncounted = await start('serve-gateway', 'false');
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS + 1; round++) {
    // In turns, because whoever comes second finds the disk busier.
    const turns = round % 2 === 0 ? [uncounted, gateway] : [gateway, uncounted];
    const rates = new Map<Server, number>();
    for (const server of turns) rates.set(server, (await small('PUT', server)).perSecond);
    ratios.push((rates.get(gateway) ?? 0) / (rates.get(uncounted) ?? 0));
  }
  await uncounted.stop();
  return median(ratios);
}

/** Turn by turn, so that both see the same machine. Medians. */
async function large(method: 'PUT' | 'GET', gateway: Server, files: Server) {
  const [ours, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await once64(method, files, 'large'));
    ours.push(await once64(method, gateway, 'large'));
  }
  const seconds = median(ours);
  return { rate: LARGE / 1e6 / seconds, ratio: median(plain) / seconds };
}

/** Seconds that one object took. */
async function once64(method: 'PUT' | 'GET', { port, path, keys }: Server, name: string): Promise<number> {
  const body = method === 'PUT' ? LARGE_BODY : NOTHING;
  const socket = await connect(port);
  const started = performance.now();
  await exchange(socket, headOf(method, port, path(name), body.length, keys), body);
  socket.destroy();
  return (performance.now() - started) / 1000;
}

async function small(method: 'PUT' | 'GET', server: Server) {
  const times: number[] = [];
  const until = performance.now() + SMALL_SECONDS * 1000;
  const body = method === 'PUT' ? SMALL_BODY : NOTHING;
  await Promise.all(
    range(CONNECTIONS).map(async (index) => {
      const socket: Socket = await connect(server.port);
      const head = headOf(method, server.port, server.path(`small/${index}`), body.length, server.keys);
      while (performance.now() < until) {
        const started = performance.now();
        await exchange(socket, head, body);
        times.push(performance.now() - started);
      }
      socket.destroy();
    }),
  );
  times.sort((a, b) => a - b);
  return { perSecond: times.length / SMALL_SECONDS, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}

async function start(program: string, enabled = ''): Promise<Server> {
  const own = join(folder, `${program}-${enabled}`);
  mkdirSync(own);
  const port = await freePort(Math.random);
  const argv = [...unitFlags(), fileURLToPath(new URL(`${program}.js`, import.meta.url)), own, String(port), enabled];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { bucket, accessKey, secretKey } = JSON.parse(line) as Readonly<Record<string, string>>;
  return {
    pid: child.pid ?? 0,
    port,
    path: (name) => `/${bucket}/${name}`,
    keys: accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey },
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
