import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tokenOf } from '../../../src/sandbox/fixture.ts';
import type { Entry } from '../../../src/sandbox/journal.ts';

export interface SandboxProcessOptions {
  /** Added to every REST answer. */
  readonly latencyMs?: number;
  /** Resources of the `limit` offering that exist from the start; see `population.ts`. */
  readonly resources?: number;
  /** What it may run on, for `taskset`. */
  readonly cpu?: number;
}

/** An embedded Waldur in a process of its own. */
export interface SandboxProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  token(username: string): string;
  /** Calls the test API. */
  test(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown>;
  /** Entries after `since`. */
  journal(since: number, kind: 'http' | 'stomp'): Promise<readonly Entry[]>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../serve-sandbox.js', import.meta.url));

export async function startSandboxProcess(options: SandboxProcessOptions = {}): Promise<SandboxProcess> {
  const pinned = options.cpu === undefined ? [] : ['taskset', '-c', String(options.cpu)];
  const [command, ...args] = [...pinned, process.execPath, PROGRAM, JSON.stringify(options)];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), exit.then(() => [])]);
  if (typeof first[0] !== 'string' || child.pid === undefined) throw new Error('the sandbox did not start');
  const { url, port } = JSON.parse(first[0]) as { url: string; port: number };
  const test = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`http://127.0.0.1:${port}/_test/${path}`, init);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return {
    url,
    port,
    pid: child.pid,
    token: tokenOf,
    test,
    journal: async (since, kind) => (await test('GET', `journal?since=${since}&kind=${kind}`)) as readonly Entry[],
    stop: async () => {
      child.kill();
      await exit;
    },
  };
}
