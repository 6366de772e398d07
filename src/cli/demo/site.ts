import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.ts';
import { type Agent, compose } from '../../daemon/compose.ts';
import { AgentError } from '../../lib/errors.ts';
import { createReleasers } from '../../lib/releasers.ts';
import { loadBuiltins } from '../../plugin/registry.ts';
import { FIXTURE } from '../../sandbox/fixture.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Io } from '../io.ts';
import { VERSION } from '../version.ts';
import { freePort } from './free-port.ts';

/** A storage site in miniature: an embedded Waldur, an agent and a directory, all in this process. */
export interface DemoSite {
  readonly sandbox: Sandbox;
  readonly agent: Agent;
  readonly storage: string;
  /** Where the page is. */
  readonly page: string;
  /** Actions the agent applied since the last call. */
  takeActions(): readonly { readonly action: string; readonly account: string }[];
  close(): Promise<void>;
}

export async function openDemoSite(io: Io): Promise<DemoSite> {
  const releasers = createReleasers();
  const storage = mkdtempSync(join(tmpdir(), 'waldur-agent-demo-'));
  releasers.add(() => rmSync(storage, { recursive: true, force: true }));
  try {
    const sandbox = await startSandbox();
    releasers.add(() => sandbox.close());
    const actions: { action: string; account: string }[] = [];
    const agent = compose(await readConfig(sandbox, { storage, port: await freePort(io.random) }, io), {
      clock: io.clock,
      random: io.random,
      secrets: io.secrets,
      version: VERSION,
      revision: '',
      env: io.env,
      write: (line) => {
        const { msg, action, account } = JSON.parse(line) as Readonly<Record<string, string>>;
        if (msg === 'action applied' && action && account) actions.push({ action, account });
      },
      state: () => 'running',
    });
    releasers.add(() => agent.close());
    releasers.add(() => agent.drain());
    const page = `http://127.0.0.1:${await agent.start()}/ui`;
    return { sandbox, agent, storage, page, takeActions: () => actions.splice(0), close: () => releasers.release() };
  } catch (error) {
    await releasers.release();
    throw error;
  }
}

/** The demo goes through a real configuration, so it proves that path too. */
async function readConfig(
  sandbox: Sandbox,
  { storage, port }: { readonly storage: string; readonly port: number },
  io: Io,
): Promise<ReturnType<typeof requireConfig>> {
  const text = stringify({
    listen: '127.0.0.1:0',
    log_level: 'debug',
    offerings: [
      {
        name: 'demo',
        waldur_api_url: sandbox.url,
        waldur_api_token: '${env:DEMO_TOKEN}',
        waldur_offering_uuid: FIXTURE.options,
        stomp_enabled: true,
        stomp_ws_host: '127.0.0.1',
        stomp_ws_port: sandbox.port,
        stomp_ws_path: '/ws',
        websocket_use_tls: false,
        backend_type: 'ironbucket-local',
        backend_settings: { storage_path: storage, listen: `127.0.0.1:${port}` },
        backend_components: {
          storage: {
            accounting_type: 'usage',
            backend_name: 'storage',
            unit_factor: 1_073_741_824,
            enforce_limits: true,
          },
        },
      },
    ],
  });
  const env = { DEMO_TOKEN: sandbox.token('provider-owner') };
  const { readFile, secrets } = io;
  const plugins = await loadBuiltins();
  return requireConfig(loadConfig({ file: 'demo.yaml', text, env, readFile, plugins, secrets }));
}

function requireConfig({ config, diagnostics }: ReturnType<typeof loadConfig>) {
  if (config !== undefined) return config;
  const problems = diagnostics.map(({ message }) => message).join('; ');
  throw new AgentError(`the demo's own configuration is wrong: ${problems}`, { code: 'DEMO', disposition: 'bug' });
}
