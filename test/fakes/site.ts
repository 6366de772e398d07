import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';
import type { Config } from '../../src/config/types.ts';
import { type Agent, compose } from '../../src/daemon/compose.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { builtinPlugins } from './builtin-plugins.ts';
import { fastClock, patientWithBroker } from './fast.ts';

export interface SiteOptions {
  readonly sandbox?: SandboxOptions;
  readonly offering?: 'limit' | 'usage' | 'options';
  /** Lines of YAML under the offering, and under its backend settings. The directory has no S3 gateway unless `listen` is among these. */
  readonly extra?: string;
  readonly settings?: string;
  /** Instead of the directory: `backend_type`, whose `storage` (in MiB) and `objects` are limited, and which `settings` are of. */
  readonly backend?: string;
  /** Lines of YAML: its components, instead of those. */
  readonly components?: string;
  /** Lines of YAML at the top. */
  readonly agent?: string;
  /** False: orders are only found by asking. */
  readonly stomp?: boolean;
  /** Where the broker's WebSockets are; the sandbox's port without it. */
  readonly brokerPort?: number;
  /** Where the page was built; no page without it. */
  readonly pageFolder?: string;
  /** How many times faster the agent's own waits pass; 1 without it. */
  readonly speed?: number;
  /** Changes the valid configuration, for what no file can say. */
  readonly tune?: (config: Config, sandbox: Sandbox) => Config | Promise<Config>;
}

/** A storage site for a test: an embedded Waldur, an agent in this process, and a directory that holds the buckets. */
export interface Site {
  readonly sandbox: Sandbox;
  readonly storage: string;
  readonly yaml: string;
  readonly config: Config;
  readonly logs: string[];
  readonly offering: string;
  readonly port: () => number;
  start(): Promise<Agent>;
  stop(): Promise<void>;
  /** Ends the agent without letting it finish anything. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const sandbox = await startSandbox({ dispatchDelayMs: [0, 2], processorDelayMs: [1, 5], ...options.sandbox });
  const storage = mkdtempSync(join(tmpdir(), 'waldur-agent-'));
  const offering = FIXTURE[options.offering ?? 'limit'];
  const yaml = siteYaml(sandbox, storage, offering, options);
  const secrets = createSecrets();
  const speed = options.speed ?? 1;
  const parsed = patientWithBroker(parse(yaml, secrets), speed);
  const config = (await options.tune?.(parsed, sandbox)) ?? parsed;
  const logs: string[] = [];
  let agent: Agent | undefined;
  let port = 0;

  async function kill(): Promise<void> {
    const killed = agent;
    agent = undefined;
    await killed?.close();
  }

  async function stop(): Promise<void> {
    await agent?.drain();
    await kill();
  }

  return {
    sandbox,
    storage,
    yaml,
    config,
    logs,
    offering,
    port: () => port,
    start: async () => {
      agent = compose(config, {
        clock: speed === 1 ? systemClock : fastClock(speed),
        random: Math.random,
        secrets,
        version: '0.0.0',
        revision: 'test',
        env: {},
        ...(options.pageFolder === undefined ? {} : { pageFolder: options.pageFolder }),
        write: (line) => logs.push(line),
        state: () => 'running',
      });
      port = await agent.start();
      return agent;
    },
    stop,
    kill,
    close: async () => {
      await stop();
      await sandbox.close();
      rmSync(storage, { recursive: true, force: true });
    },
  };
}

export function siteYaml(
  sandbox: Pick<Sandbox, 'url' | 'port' | 'token'>,
  storage: string,
  offering: string,
  options: Omit<SiteOptions, 'sandbox' | 'offering'> = {},
): string {
  const indent = (text: string | undefined, by: number): string =>
    (text ?? '').replace(/^(?=.)/gm, ' '.repeat(by)).replace(/(?<=.)$/, '\n');
  return `listen: 127.0.0.1:0
report_schedule: '0 0 1 1 *'
${indent(options.agent, 0)}offerings:
  - name: site
    waldur_api_url: ${sandbox.url}
    waldur_api_token: ${sandbox.token('provider-owner')}
    waldur_offering_uuid: ${offering}
    stomp_enabled: ${options.stomp ?? true}
    stomp_ws_host: 127.0.0.1
    stomp_ws_port: ${options.brokerPort ?? sandbox.port}
    stomp_ws_path: /ws
    websocket_use_tls: false
    backend_type: ${options.backend ?? 'ironbucket-local'}
${indent(options.extra, 4)}    backend_settings:
${options.backend === undefined ? `      storage_path: ${storage}\n      gateway: ${/^listen:/m.test(options.settings ?? '')}\n` : ''}${indent(options.settings, 6)}    backend_components:
${options.components === undefined ? componentsYaml(offering, options.backend) : indent(options.components, 6)}`;
}

function componentsYaml(offering: string, backend: string | undefined): string {
  return `      storage:
        accounting_type: ${offering === FIXTURE.limit ? 'limit' : 'usage'}
        backend_name: storage
        measured_unit: GB
        unit_factor: ${backend === undefined ? 1_073_741_824 : 1_048_576}
        enforce_limits: true
${backend === undefined ? '' : '      objects: { accounting_type: usage, backend_name: objects, enforce_limits: true }\n'}\
${backend === undefined && offering === FIXTURE.limit ? '      objects: { accounting_type: usage, backend_name: objects, measured_unit: objects, unit_factor: 1, enforce_limits: false }\n' : ''}`;
}

function parse(text: string, secrets: ReturnType<typeof createSecrets>): Config {
  const readFile = (path: string) => ({ text: readFileSync(path, 'utf8'), mode: statSync(path).mode });
  const loaded = loadConfig({ file: 'site.yaml', text, env: {}, readFile, plugins: builtinPlugins, secrets });
  if (loaded.config !== undefined) return loaded.config;
  throw new Error(renderDiagnostics(loaded.diagnostics));
}
