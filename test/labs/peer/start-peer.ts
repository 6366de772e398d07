import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';

/** Waldur's own agent, with a backend of ours whose accounts are files. */
export interface Peer {
  readonly child: ChildProcess;
  /** Lines of its own log, which are JSON. */
  log(): readonly PeerLine[];
  /** Whether it hears events, and SIGTERM. */
  ready(): boolean;
  /** Exit code after SIGTERM, or the signal that ended it. */
  stop(): Promise<number | string>;
}

export interface PeerLine {
  readonly event: string;
  readonly level: string;
  readonly exception?: string;
}

export interface PeerOptions {
  readonly mode: 'event_process' | 'report' | 'order_process' | 'membership_sync';
  /** Offerings with the settings of their backend. */
  readonly offerings: Partial<Record<'limit' | 'usage' | 'options', Readonly<Record<string, unknown>>>>;
  /** Where its configuration and its log are, and a folder `accounts`. */
  readonly folder: string;
  /** With it, memberships are its business, too. */
  readonly membership?: boolean;
  /** False: it is not told of anything. */
  readonly stomp?: boolean;
  /** Port of the broker; the sandbox's without it. */
  readonly brokerPort?: number;
}

/** Of the repository, which tests and benchmarks are started in. */
const PACKAGES = resolve('test/labs/peer');

/** As its documentation says to start it: `waldur_site_agent -m MODE -c FILE`. */
export function startPeer(sandbox: Pick<Sandbox, 'url' | 'port' | 'token'>, options: PeerOptions): Peer {
  const { folder, mode } = options;
  const config = join(folder, `${mode}.yaml`);
  const logPath = join(folder, `${mode}.log`);
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration(sandbox, options)), { mode: 0o600 });
  const log = openSync(logPath, 'a');
  const bin = process.env['PEER_BIN'];
  if (bin === undefined) throw new Error('PEER_BIN is not set: run test/labs/python-peer.sh');
  const child = spawn(join(bin, 'waldur_site_agent'), ['-m', mode, '-c', config], {
    env: { PATH: process.env['PATH'], PYTHONPATH: PACKAGES, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exit = once(child, 'exit');
  const skipped = statSync(logPath).size;
  const text = (): string => readFileSync(logPath, 'utf8').slice(skipped);
  return {
    child,
    ready: () => text().includes('"Signal handlers set"'),
    log: () =>
      text()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as PeerLine),
    stop: async () => {
      child.kill('SIGTERM');
      const [code, signal] = (await exit) as [number | null, string | null];
      return code ?? signal ?? 'unknown';
    },
  };
}

function configuration(sandbox: Pick<Sandbox, 'url' | 'port' | 'token'>, options: PeerOptions): object {
  const component = (accounting: string) => ({
    measured_unit: 'GB',
    accounting_type: accounting,
    label: 'Storage',
    unit_factor: 1,
  });
  const offering = (name: 'limit' | 'usage' | 'options', settings: Readonly<Record<string, unknown>>) => ({
    name,
    waldur_api_url: sandbox.url,
    waldur_api_token: sandbox.token('provider-owner'),
    waldur_offering_uuid: FIXTURE[name],
    verify_ssl: false,
    stomp_enabled: options.stomp ?? true,
    stomp_ws_host: '127.0.0.1',
    stomp_ws_port: options.brokerPort ?? sandbox.port,
    stomp_ws_path: '/ws',
    websocket_use_tls: false,
    backend_type: 'peer',
    order_processing_backend: 'peer',
    reporting_backend: 'peer',
    ...(options.membership === true ? { membership_sync_backend: 'peer' } : {}),
    backend_settings: { directory: join(options.folder, 'accounts'), ...settings },
    backend_components:
      name === 'limit' ? { storage: component('limit'), objects: component('limit') } : { storage: component('usage') },
  });
  return {
    timezone: 'UTC',
    offerings: Object.entries(options.offerings).map(([name, settings]) =>
      offering(name as keyof PeerOptions['offerings'], settings),
    ),
  };
}
