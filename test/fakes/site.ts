import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';
import type { Config } from '../../src/config/types.ts';
import { type Agent, compose } from '../../src/daemon/compose.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { builtinPlugins } from '../../src/plugin/registry.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

export interface SiteOptions {
  readonly sandbox?: SandboxOptions;
  readonly offering?: 'limit' | 'usage' | 'options';
  /** Lines of YAML under the offering, and under its backend settings. */
  readonly extra?: string;
  readonly settings?: string;
  /** Lines of YAML at the top. */
  readonly agent?: string;
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
  close(): Promise<void>;
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const sandbox = await startSandbox({ dispatchDelayMs: [0, 2], processorDelayMs: [1, 5], ...options.sandbox });
  const storage = mkdtempSync(join(tmpdir(), 'waldur-agent-'));
  const offering = FIXTURE[options.offering ?? 'limit'];
  const yaml = siteYaml(sandbox, storage, offering, options);
  const secrets = createSecrets();
  const config = parse(yaml, secrets);
  const logs: string[] = [];
  let agent: Agent | undefined;
  let port = 0;

  async function stop(): Promise<void> {
    await agent?.drain();
    await agent?.close();
    agent = undefined;
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
        clock: systemClock,
        random: Math.random,
        secrets,
        version: '0.0.0',
        revision: 'test',
        env: {},
        write: (line) => logs.push(line),
        state: () => 'running',
      });
      port = await agent.start();
      return agent;
    },
    stop,
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
${indent(options.agent, 0)}offerings:
  - name: site
    waldur_api_url: ${sandbox.url}
    waldur_api_token: ${sandbox.token('provider-owner')}
    waldur_offering_uuid: ${offering}
    stomp_enabled: true
    stomp_ws_host: 127.0.0.1
    stomp_ws_port: ${sandbox.port}
    stomp_ws_path: /ws
    websocket_use_tls: false
    backend_type: ironbucket-local
${indent(options.extra, 4)}    backend_settings:
      storage_path: ${storage}
${indent(options.settings, 6)}    backend_components:
      storage:
        accounting_type: ${offering === FIXTURE.limit ? 'limit' : 'usage'}
        backend_name: storage
        measured_unit: GB
        unit_factor: 1073741824
        enforce_limits: true
${offering === FIXTURE.limit ? '      objects: { accounting_type: usage, backend_name: objects, measured_unit: objects, unit_factor: 1, enforce_limits: false }\n' : ''}`;
}

function parse(text: string, secrets: ReturnType<typeof createSecrets>): Config {
  const readFile = (path: string) => ({ text: readFileSync(path, 'utf8'), mode: statSync(path).mode });
  const loaded = loadConfig({ file: 'site.yaml', text, env: {}, readFile, plugins: builtinPlugins, secrets });
  if (loaded.config !== undefined) return loaded.config;
  throw new Error(renderDiagnostics(loaded.diagnostics));
}
