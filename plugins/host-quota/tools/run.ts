import { spawn } from 'node:child_process';
import type { Clock } from '../../../src/lib/clock.ts';
import { withDeadline } from '../../../src/lib/deadline.ts';
import { toolFailed, toolMissing } from '../errors.ts';
import { checkArguments } from './argv.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What the program reads; without it stdin is closed. */
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

/** Runs one program of the host to its end. A non-zero code is an answer, not a failure. */
export type Run = (program: string, args: readonly string[], signal: AbortSignal, options?: RunOptions) => Promise<Ran>;

const TIMEOUT_MS = 60_000;
/** A report of a million ids; what prints more is not one of our tools. */
const LONGEST_OUTPUT = 128 * 1024 * 1024;
/** Nothing of the agent's own environment reaches a tool, and every tool speaks the same language. */
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * Without a shell, and ended when the signal fires or the deadline passes.
 *
 * @throws AgentError (from a run) operator `HOST_QUOTA_TOOL_MISSING`, transient `DEADLINE`, and whatever `checkArguments`
 * throws.
 */
export function createRun(clock: Clock, tools: Readonly<Record<string, string>> = {}): Run {
  return (program, args, signal, { stdin, timeoutMs = TIMEOUT_MS } = {}) => {
    checkArguments(program, args);
    return withDeadline(clock, signal, timeoutMs, program, (bounded) =>
      runOnce(tools[program] ?? program, args, stdin, bounded),
    );
  };
}

function runOnce(
  program: string,
  args: readonly string[],
  stdin: string | undefined,
  signal: AbortSignal,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: ENVIRONMENT, signal, killSignal: 'SIGKILL', cwd: '/' });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LONGEST_OUTPUT) child.kill('SIGKILL');
      else chunks.push(chunk);
    };
    child.stdout.on('data', collect(output.stdout));
    child.stderr.on('data', collect(output.stderr));
    child.on('error', (error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else
        reject('code' in error && error.code === 'ENOENT' ? toolMissing(program) : toolFailed(program, error.message));
    });
    child.on('close', (code, killedBy) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (code === null) return reject(toolFailed(program, `it was ended by ${killedBy}`));
      const [stdout, stderr] = [Buffer.concat(output.stdout).toString(), Buffer.concat(output.stderr).toString()];
      resolve({ code, stdout, stderr });
    });
    // A tool that ends without reading is no failure of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
  });
}
