import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { vi } from 'vitest';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

export const PROGRAM = 'dist/src/cli/main.js';
export const GIB = 1_073_741_824;
/** An order that can be fulfilled. */
export const FIVE = { limits: { storage: 5 } } as const;
/** As long as nothing is slower than this, nothing hangs. */
const PATIENCE_MS = 60_000;

/** The built program, started. */
export interface Program {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string; extra: string };
  /** Exit code, or the signal that killed it; all output has been read. */
  readonly ended: Promise<number | string>;
  /** The first match in what it prints, has printed or will print. Fails when it ends without it. */
  says(pattern: RegExp, stream?: 'stdout' | 'stderr' | 'extra'): Promise<RegExpExecArray>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the command line is put behind. */
  readonly wrapper?: readonly string[];
  /** JavaScript that runs in the process before the program. */
  readonly preload?: string;
  /** A file descriptor to print to, instead of a pipe. */
  readonly stdout?: number;
}

/** Notifications go to descriptor 3, as with OpenFile= of systemd. The shell keeps its process id, which LISTEN_PID must be. */
export const NOTIFIED: StartOptions = {
  wrapper: ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDNAMES=notify exec "$@"', 'sh'],
};

const running = new Set<Program>();

/** Starts `agent …` in a process group of its own. Descriptor 3 is open, and read as `extra`. */
export function start(argv: readonly string[], options: StartOptions = {}): Program {
  const { env = {}, wrapper = [], preload, stdout = 'pipe' } = options;
  const imports = preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const [command = '', ...rest] = [...wrapper, process.execPath, ...imports, PROGRAM, ...argv];
  const child = spawn(command, rest, {
    detached: true,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', stdout, 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '', extra: '' };
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  const streams = { stdout: child.stdout, stderr: child.stderr, extra: child.stdio[3] as Readable };
  for (const [name, stream] of Object.entries(streams)) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output[name as keyof typeof output] += text;
      notify();
    });
  }
  let over = false;
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      running.delete(program);
      resolve(code ?? signal ?? 'unknown');
      notify();
    });
  });
  const says: Program['says'] = (pattern, stream = 'stdout') =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        settle();
        reject(new Error(`${why} without ${pattern}:\n${output[stream]}\n${output.stderr}`));
      };
      const timer = setTimeout(fail, PATIENCE_MS, 'time is up');
      const settle = (): void => {
        clearTimeout(timer);
        listeners.delete(look);
      };
      const look = (): void => {
        const match = pattern.exec(output[stream]);
        if (match !== null) {
          settle();
          resolve(match);
        } else if (over) fail('it ended');
      };
      listeners.add(look);
      look();
    });
  const program: Program = { child, output, ended, says };
  running.add(program);
  return program;
}

/** Runs `agent …` to its end. */
export async function agent(
  argv: readonly string[],
  options: StartOptions = {},
): Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }> {
  const program = start(argv, options);
  program.child.stdin?.end();
  const code = await program.ended;
  return { code, ...program.output };
}

/** `agent run`, serving its pages. */
export interface RunningAgent extends Program {
  readonly port: number;
  page(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Every series of a metric as it is served, all without `waldur_agent_`. */
  metric(name: string): Promise<string[]>;
}

export interface ProcessSite {
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** Of the offering `limit`. */
  readonly storage: string;
  readonly storages: Readonly<Record<'limit' | 'usage' | 'options', string>>;
  readonly file: string;
  /** Replaces the configuration; the token is in the environment. */
  configure(config?: Readonly<Record<string, unknown>>): void;
  offering(kind?: 'limit' | 'usage' | 'options', extra?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  run(options?: StartOptions): Promise<RunningAgent>;
  command(argv: readonly string[], options?: StartOptions): ReturnType<typeof agent>;
}

let open: { readonly sandbox: Sandbox; readonly folder: string }[] = [];

/** An embedded Waldur in this process, and a folder with a configuration and storage for agents in others. */
export async function openProcessSite(options: SandboxOptions = {}): Promise<ProcessSite> {
  const sandbox = await startSandbox({ dispatchDelayMs: [0, 2], processorDelayMs: [1, 5], ...options });
  const folder = mkdtempSync(join(tmpdir(), 'agent-process-'));
  open.push({ sandbox, folder });
  const [storage, file] = [join(folder, 'storage'), join(folder, 'config.yaml')];
  // One directory has one writer.
  const storages = { limit: storage, usage: `${storage}-usage`, options: `${storage}-options` };
  for (const path of Object.values(storages)) mkdirSync(path);
  const withToken = (start: StartOptions = {}): StartOptions => ({
    ...start,
    env: { WALDUR_TOKEN: sandbox.token('provider-owner'), ...start.env },
  });
  const site: ProcessSite = {
    sandbox,
    folder,
    storage,
    storages,
    file,
    configure: (config = {}) => {
      const text = JSON.stringify({ listen: '127.0.0.1:0', offerings: [site.offering()], ...config }, undefined, 1);
      writeFileSync(file, text, { mode: 0o600 });
    },
    offering: (kind = 'limit', extra = {}) => ({
      name: kind,
      waldur_api_url: sandbox.url,
      waldur_api_token: ['$', '{env:WALDUR_TOKEN}'].join(''),
      waldur_offering_uuid: FIXTURE[kind],
      stomp_enabled: true,
      backend_type: 'ironbucket-local',
      backend_settings: { storage_path: storages[kind], gateway: false },
      backend_components: {
        storage: { accounting_type: kind === 'limit' ? 'limit' : 'usage', unit_factor: GIB, enforce_limits: true },
      },
      ...extra,
    }),
    run: async (start) => runAgent(file, withToken(start)),
    command: (argv, start) => agent(argv.includes('-c') ? argv : [...argv, '-c', file], withToken(start)),
  };
  site.configure();
  return site;
}

async function runAgent(file: string, options: StartOptions): Promise<RunningAgent> {
  const program = start(['run', '-c', file], options);
  const [, port] = await program.says(/"port":(\d+),.*"msg":"agent started"/);
  const page: RunningAgent['page'] = async (path) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const metric: RunningAgent['metric'] = async (name) => {
    const lines = (await page('/metrics')).text.replaceAll('waldur_agent_', '').split('\n');
    return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  };
  return { ...program, port: Number(port), page, metric };
}

/** For afterEach: ends what is left of the processes, and of the sites. */
export async function closeAll(): Promise<void> {
  for (const { child, ended } of running) {
    killGroup(child, 'SIGKILL');
    await ended;
  }
  for (const { sandbox, folder } of open) {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
  open = [];
}

/** Whether anything of the process group was left to receive the signal. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    // Never 0 or 1: those would be everybody.
    return pid !== undefined && pid > 1 && process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Repeats `check` until it passes. */
export function soon(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 10 });
}

export const patience = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);
