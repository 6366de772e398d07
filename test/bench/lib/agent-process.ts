import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { cpuMs } from './proc.ts';
import { unitFlags } from './unit-flags.ts';
import { until } from './until.ts';

/** `agent run` as an operator starts it. */
export interface AgentProcess {
  readonly pid: number;
  /** From the start of the process to READY=1. */
  readonly readyMs: number;
  /** CPU time it had used by then, which a busy machine stretches less. */
  readonly readyCpuMs: number;
  /** From the start of the process to the first 200 of `/readyz`. */
  ready(): Promise<number>;
  /** Resolves when it is subscribed to its queue. */
  connected(): Promise<void>;
  report(): void;
  /** Lines of its log with this message. */
  logged(message: string): readonly Readonly<Record<string, unknown>>[];
  /** All it printed. */
  log(): string;
  /** Of its pages. */
  readonly port: number;
  /** Exit code. */
  stop(): Promise<unknown>;
}

/** Its own drain takes half a minute at most. */
const STOP_MS = 60_000;

const PROGRAM = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

export interface AgentProcessOptions {
  /** Of Node, beside those of the unit. */
  readonly flags?: readonly string[];
  /** `main.js` of another build. */
  readonly program?: string;
  /** Where the systemd unit of that build is; default: the unit of this one. */
  readonly root?: string;
}

/** Runs the agent with `yaml` and its log in `folder`; resolves at READY=1. `BENCH_NODE_FLAGS` adds flags, for profiles. */
export async function startAgentProcess(
  yaml: string,
  folder: string,
  { flags: own = [], program = PROGRAM, root }: AgentProcessOptions = {},
): Promise<AgentProcess> {
  const configPath = join(folder, 'config.yaml');
  const logPath = join(folder, 'agent.log');
  writeFileSync(configPath, yaml, { mode: 0o600 });
  const log = openSync(logPath, 'w');
  // What systemd 253 and later does: the agent finds the socket for its notifications, here a pipe, as descriptor 3.
  const start = 'LISTEN_PID=$$ exec "$0" "$@"';
  const started = performance.now();
  const flags = [...unitFlags(root), ...own, ...(process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean)];
  const child = spawn('sh', ['-c', start, process.execPath, ...flags, program, 'run', '--config', configPath], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      NOTIFY_SOCKET: 'fd 3',
      LISTEN_FDS: '1',
      LISTEN_FDNAMES: 'notify',
    },
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  const exit = once(child, 'exit');
  const notifications = child.stdio[3] as Readable; // a pipe, as asked for
  await Promise.race([hears(notifications, 'READY=1'), exit]);
  const readyMs = performance.now() - started;
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) throw new Error(`no agent:\n${readFileSync(logPath, 'utf8')}`);
  const readyCpuMs = cpuMs(pid);
  notifications.resume();
  const logged: AgentProcess['logged'] = (message) =>
    readFileSync(logPath, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const port = Number(logged('agent started')[0]?.['port']);
  return {
    pid,
    readyMs,
    readyCpuMs,
    ready: async () => {
      await until('/readyz', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, { everyMs: 2 });
      return performance.now() - started;
    },
    connected: () => until('the event bus', () => logged('event stream connected').length > 0),
    logged,
    log: () => readFileSync(logPath, 'utf8'),
    port,
    report: () => void child.kill('SIGUSR2'),
    stop: async () => {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      const [code] = (await exit) as [unknown];
      clearTimeout(kill);
      return code;
    },
  };
}

async function hears(stream: Readable, text: string): Promise<void> {
  let heard = '';
  while (!heard.includes(text)) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    heard += chunk.toString();
  }
}
