import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface AgentProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly configPath: string;
  /** Exit code, or the signal that killed it. */
  readonly exit: Promise<number | string>;
  stop(): Promise<void>;
}

export interface StartAgentOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the command line of the agent is put behind. */
  readonly wrapper?: readonly string[];
}

/** The built agent with a local backend and a Waldur that does not answer, once it serves its pages. */
export async function startAgent({ env = {}, wrapper = [] }: StartAgentOptions = {}): Promise<AgentProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'));
  const configPath = join(folder, 'config.yaml');
  writeFileSync(configPath, sampleConfig(folder), { mode: 0o600 });
  const command = [...wrapper, process.execPath, 'dist/src/cli/main.js', 'run', '--config', configPath];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env['PATH'], LAB_TOKEN: 'lab-token', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  };
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const { msg, port } = JSON.parse(line.replace(/^<\d>/, '')) as { msg?: string; port?: number };
    if (msg !== 'agent started' || port === undefined) continue;
    child.stdout.resume();
    return { child, port, configPath, exit, stop };
  }
  await stop();
  throw new Error(`the agent ended with ${await exit}:\n${lines.join('\n')}`);
}

function sampleConfig(folder: string): string {
  return `listen: 127.0.0.1:0
offerings:
  - name: local
    waldur_api_url: http://127.0.0.1:9/api/
    waldur_api_token: \${env:LAB_TOKEN}
    waldur_offering_uuid: 3fa85f64-5717-4562-b3fc-2c963f66afa6
    stomp_enabled: false
    backend_type: ironbucket-local
    backend_settings:
      storage_path: ${folder}
      gateway: false
      public_endpoint: https://s3.example.org
    backend_components:
      storage:
        accounting_type: usage
        backend_name: storage
        measured_unit: GB
        unit_factor: 1073741824
        label: Storage
`;
}
