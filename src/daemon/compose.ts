import { type ConfigDiff, diffConfig } from '../config/diff.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { AgentError } from '../lib/errors.ts';
import { createLog, type LogLevel, type RootLog } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { HealthSnapshot, LifecycleState } from '../monitor/health.ts';
import { liveness, readiness } from '../monitor/health.ts';
import { createMetrics } from '../monitor/metrics.ts';
import type { Shared } from '../offering/shared.ts';
import { createSlots } from '../orders/slots.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { ownRoutes } from '../web/own-routes.ts';
import { compatible, createRouter } from '../web/router.ts';
import { createWebServer } from '../web/web-server.ts';
import { createConnect } from './connect.ts';
import { createOfferings } from './offerings.ts';
import { shareClients } from './share-clients.ts';
import { watchUnauthorized } from './watch-unauthorized.ts';

export interface ComposeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly version: string;
  readonly revision: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Receives finished, scrubbed log lines. */
  write(line: string, level: LogLevel): void;
  state(): LifecycleState;
  /** A peer refused our credentials; called at most once a minute. They may have been replaced in the configuration. */
  unauthorized?(): void;
}

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
  const { clock, random, version, env, secrets } = deps;
  let config = initial;
  let rejected = false;

  const log: RootLog = createLog({
    level: config.logLevel,
    clock,
    secrets,
    write: (line, level) => {
      deps.write(line, level);
      for (const offering of offerings.running()) offering.collect(line, level);
    },
  });
  const metrics = createMetrics({ version, revision: deps.revision, clock, offerings: [] });
  let store: Store | undefined;
  const openedStore = (): Store => {
    if (store === undefined) throw new Error('the agent is not started');
    return store;
  };
  const { concurrency } = config;
  const observed = watchUnauthorized(metrics, clock, () => deps.unauthorized?.());
  const connect = createConnect({
    clock,
    log,
    version,
    env,
    secrets,
    concurrency,
    metrics: observed,
    store: openedStore,
  });
  const clients = shareClients(connect.waldur);
  const slots = createSlots(concurrency);
  const startedAt = clock.now();
  const peers = { waldur: clients.get, backend: connect.backend };
  const shared = (of: Config): Shared => {
    return { config: of, clock, random, log, metrics, store: openedStore(), slots, version, startedAt, env, ...peers };
  };
  const offerings = createOfferings({ clock, log, shared });

  const snapshot = (): HealthSnapshot => ({
    state: deps.state(),
    nowMs: clock.monotonicMs(),
    supervisors: offerings.running().flatMap((offering) => offering.supervisors()),
    orders: offerings.running().flatMap((offering) => offering.orders()),
    offerings: offerings.health(),
  });
  const pages = {
    metrics: metrics.render,
    liveness: () => liveness(snapshot()),
    readiness: () => readiness(snapshot()),
    scrub: deps.secrets.scrub,
  };
  const own = { owner: 'agent', routes: ownRoutes(pages) };
  let router = createRouter([own]);
  const serveRoutes = (refused: (error: unknown) => void): void => {
    router = createRouter(compatible([own, ...offerings.routes()], refused));
  };
  const server = createWebServer({
    ...config.http,
    clock,
    router: () => router,
    onError: (err) => log.error({ err }, 'a page could not be made'),
  });

  async function readNext(read: () => Promise<Config>): Promise<Config> {
    try {
      const next = await read();
      requireReloadable(config, next);
      return next;
    } catch (error) {
      rejected = true;
      metrics.configRead(false);
      throw error;
    }
  }

  return {
    log,
    start: async () => {
      store = await openStore(config.state, clock);
      const port = await server.start();
      offerings.startAll(config);
      serveRoutes((error) => {
        throw error;
      });
      log.info({ version, port, offerings: config.offerings.map(({ name }) => name) }, 'agent started');
      return port;
    },
    drain: offerings.drain,
    close: async () => {
      try {
        await offerings.close();
      } finally {
        clients.close();
        await store?.close();
        await server.close();
      }
    },
    reload: async (read) => {
      const next = await readNext(read);
      const outcome = await offerings.change(config, next);
      serveRoutes((err) => log.error({ err }, 'the routes of an offering are not served'));
      config = next;
      log.level = next.logLevel;
      clients.closeUnused(next.offerings.map(({ waldur }) => waldur));
      rejected = false;
      metrics.configRead(true);
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
