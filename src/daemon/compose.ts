import { fileURLToPath } from 'node:url';
import { type ConfigDiff, diffConfig } from '../config/diff.ts';
import type { Config } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { RootLog } from '../lib/log.ts';
import { type HealthSnapshot, type LifecycleState, liveness } from '../monitor/health.ts';
import type { AgentSource } from '../web/api/source.ts';
import { type AgentServer, type AgentServerDeps, createAgentServer } from './agent-server.ts';
import type { ComposeDeps } from './compose-deps.ts';
import { createOfferings, type Offerings } from './offerings.ts';
import { createParts, type Parts } from './parts.ts';

/** The whole agent, wired and not yet running. */
export interface Agent {
  readonly log: RootLog;
  /** Binds the HTTP port and starts every offering; peers that are down are no failure. Returns the port. */
  start(): Promise<number>;
  drain(): Promise<void>;
  close(): Promise<void>;
  /**
   * Stops, starts and restarts only the offerings that differ. Returns what was done; a throw, also of `read`, leaves
   * everything as it was.
   */
  reload(read: () => Promise<Config>): Promise<string>;
  /** Whether a reload to this configuration would change anything. */
  differs(next: Config): boolean;
  reportNow(): void;
  isAlive(): boolean;
  /** One line for the service manager. */
  status(): string;
  /** How long work in progress may go on after a stop was asked for. */
  drainMs(): number;
}

/** Every part of the agent is made here and handed to those that need it. */
export function compose(initial: Config, deps: ComposeDeps): Agent {
  const { clock, version } = deps;
  let config = initial;
  let rejected = false;

  const parts = createParts(initial, deps, () => config.journalDays);
  const { log, metrics, clients } = parts;
  const offerings = createOfferings({ clock, log, shared: parts.shared });
  parts.followLog((line, level) => {
    for (const offering of offerings.running()) offering.collect(line, level);
  });

  const snapshot = (): HealthSnapshot => snapshotOf(offerings, deps.state(), clock.monotonicMs());
  const source = { snapshot, config: () => config, offerings: offerings.running };
  const server = createAgentServer(serverDeps(initial, deps, parts, source));

  const noteRead = (isTaken: boolean): void => {
    rejected = !isTaken;
    metrics.configRead(isTaken);
  };

  return {
    log,
    start: async () => {
      await parts.open(config);
      const port = await server.start();
      offerings.startAll(config);
      server.serve(offerings.routes(), (error) => {
        throw error;
      });
      log.info({ version, port, offerings: config.offerings.map(({ name }) => name) }, 'agent started');
      return port;
    },
    drain: offerings.drain,
    close: () => closeAll(offerings, parts, server),
    reload: async (read) => {
      const next = await readReloadable(read, config).catch((error: unknown) => {
        noteRead(false);
        throw error;
      });
      const outcome = await offerings.change(config, next);
      server.serve(offerings.routes(), (err) => log.error({ err }, 'the routes of an offering are not served'));
      config = next;
      log.level = next.logLevel;
      clients.closeUnused(next.offerings.map(({ waldur }) => waldur));
      noteRead(true);
      return outcome;
    },
    differs: (next) => isChange(diffConfig(config, next)),
    reportNow: () => {
      for (const offering of offerings.running()) offering.reportNow();
    },
    isAlive: () => liveness(snapshot()).ok,
    status: () => statusLine(snapshot(), rejected),
    drainMs: () => config.drainMs,
  };
}

function serverDeps(
  { http, web }: Config,
  { clock, version, env, secrets, pageFolder = BUILT_PAGE }: ComposeDeps,
  { log, metrics, journal }: Parts,
  source: Pick<AgentSource, 'snapshot' | 'config' | 'offerings'>,
): AgentServerDeps {
  const shared = { clock, version, journal, scrub: secrets.scrub };
  const told = { ...shared, ...source, startedAt: clock.now() };
  return { ...shared, env, log, metrics, http, web, snapshot: source.snapshot, source: told, pageFolder };
}

const BUILT_PAGE = fileURLToPath(new URL('../../page', import.meta.url));

function snapshotOf(offerings: Offerings, state: LifecycleState, nowMs: number): HealthSnapshot {
  const running = offerings.running();
  return {
    state,
    nowMs,
    supervisors: running.flatMap((offering) => offering.supervisors()),
    orders: running.flatMap((offering) => offering.orders()),
    offerings: offerings.health(),
  };
}

async function closeAll(offerings: Offerings, parts: Parts, server: AgentServer): Promise<void> {
  try {
    await offerings.close();
  } finally {
    await parts.close();
    await server.close();
  }
}

async function readReloadable(read: () => Promise<Config>, from: Config): Promise<Config> {
  const next = await read();
  requireReloadable(from, next);
  return next;
}

function isChange({ added, removed, changed, agent }: ConfigDiff): boolean {
  return [added, removed, changed, agent].some((list) => list.length > 0);
}

/** @throws AgentError operator `CONFIG_RESTART` when something differs that only a restart can take over. */
function requireReloadable(from: Config, to: Config): void {
  const { restart } = diffConfig(from, to);
  if (restart.length === 0) return;
  throw new AgentError(`${restart.join(' and ')} can only change with a restart`, {
    code: 'CONFIG_RESTART',
    disposition: 'operator',
    hint: 'Restart the agent, or set the old value again.',
  });
}

function statusLine({ offerings, orders }: HealthSnapshot, isRejected: boolean): string {
  const connected = offerings.filter((offering) => offering.connected).length;
  const counts = `${connected}/${offerings.length} offerings connected, ${orders.length} busy`;
  return isRejected ? `${counts}; the changed configuration was rejected` : counts;
}
