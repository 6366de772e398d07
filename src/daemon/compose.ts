import { type ConfigDiff, diffConfig } from '../config/diff.ts';
import type { Config, OfferingConfig, WaldurConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { AgentError } from '../lib/errors.ts';
import { createLog, type LogLevel } from '../lib/log.ts';
import type { Random } from '../lib/retry.ts';
import type { Secrets } from '../lib/secrets.ts';
import type { HealthSnapshot, LifecycleState } from '../monitor/health.ts';
import { liveness, readiness } from '../monitor/health.ts';
import { createMetrics } from '../monitor/metrics.ts';
import { type RunningOffering, type Shared, startOffering } from '../offering/offering.ts';
import { createSlots } from '../orders/slots.ts';
import type { Waldur } from '../waldur/client.ts';
import { createHttpServer } from '../web/http-server.ts';
import { createConnect } from './connect.ts';

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
}

/** The whole agent, wired and not yet running. */
export interface Agent {
  readonly log: Shared['log'];
  /** Binds the HTTP port and starts every offering; peers that are down are no failure. Answers the port. */
  start(): Promise<number>;
  drain(): Promise<void>;
  close(): Promise<void>;
  /**
   * Stops, starts and restarts only the offerings that differ. Answers what was done; a throw, also of `read`, leaves
   * everything as it was.
   */
  reload(read: () => Promise<Config>): Promise<string>;
  reportNow(): void;
  isAlive(): boolean;
  /** One line for the service manager. */
  status(): string;
  /** How long work in progress may go on after a stop was asked for. */
  drainMs(): number;
}

/** Every part of the agent is made here and handed to those that need it. */
export function compose(initial: Config, deps: ComposeDeps): Agent {
  const { clock, random, version } = deps;
  let config = initial;
  let stopping = false;
  let rejected = false;
  const running = new Map<string, RunningOffering>();

  const log = createLog({
    level: config.logLevel,
    clock,
    secrets: deps.secrets,
    write: (line, level) => {
      deps.write(line, level);
      for (const offering of running.values()) offering.collect(line, level);
    },
  });
  const metrics = createMetrics({ version, revision: deps.revision, clock, offerings: [] });
  const connect = createConnect({
    clock,
    log,
    version,
    env: deps.env,
    concurrency: config.concurrency,
    waldurRequest: metrics.waldurRequest,
    backendRequest: metrics.backendRequest,
  });
  const clients = shareClients(connect.waldur);
  const slots = createSlots(config.concurrency);
  const startedAt = clock.now();

  function startOne(offering: OfferingConfig): void {
    const shared = { config, clock, random, log, metrics, slots, version, startedAt, env: deps.env };
    running.set(offering.uuid, startOffering(offering, { ...shared, waldur: clients.get, backend: connect.backend }));
  }

  async function stopOne(uuid: string): Promise<void> {
    const offering = running.get(uuid);
    if (offering === undefined) return;
    const { name } = offering.config;
    try {
      await withDeadline(clock, NEVER, config.drainMs, `stopping offering ${name}`, () => offering.drain());
    } catch (err) {
      log.warn({ err, offering: name }, 'work in progress is aborted, and taken up again');
    }
    await offering.close();
    running.delete(uuid);
  }

  /** What is different in the new configuration, when it can be taken over. */
  async function readNext(read: () => Promise<Config>): Promise<{ readonly next: Config; readonly diff: ConfigDiff }> {
    try {
      const next = await read();
      const diff = diffConfig(config, next);
      if (diff.restart.length > 0) throw needsRestart(diff.restart);
      return { next, diff };
    } catch (error) {
      rejected = true;
      metrics.configRead(false);
      throw error;
    }
  }

  function snapshot(): HealthSnapshot {
    const offerings = [...running.values()];
    return {
      state: deps.state(),
      nowMs: clock.monotonicMs(),
      supervisors: offerings.flatMap((offering) => offering.supervisors()),
      orders: offerings.flatMap((offering) => offering.orders()),
      offerings: offerings.map((offering) => offering.health()),
    };
  }

  const server = createHttpServer({
    ...config.http,
    metrics: () => metrics.render(),
    liveness: () => liveness(snapshot()),
    readiness: () => readiness(snapshot()),
    onError: (err) => log.error({ err }, 'a page could not be made'),
  });

  return {
    log,
    start: async () => {
      const port = await server.start();
      for (const offering of config.offerings) startOne(offering);
      log.info({ version, port, offerings: config.offerings.map(({ name }) => name) }, 'agent started');
      return port;
    },
    drain: async () => {
      stopping = true;
      await Promise.all([...running.values()].map((offering) => offering.drain()));
    },
    close: async () => {
      // Drained before, or out of patience: what still runs is aborted.
      await Promise.all([...running.values()].map((offering) => offering.close()));
      running.clear();
      clients.close();
      await server.close();
    },
    reload: async (read) => {
      const { next, diff } = await readNext(read);
      const { added, removed, changed, agent } = diff;
      // Agent-wide values reach an offering when it starts.
      const restarted =
        agent.length > 0 ? next.offerings.filter(({ uuid }) => running.has(uuid)) : changed.map(({ to }) => to);
      await Promise.all([...removed, ...restarted].map(({ uuid }) => stopOne(uuid)));
      if (stopping) return 'stopped before the new configuration was taken over';
      config = next;
      log.level = next.logLevel;
      for (const offering of [...restarted, ...added]) startOne(offering);
      clients.closeUnused(next.offerings.map(({ waldur }) => waldur));
      rejected = false;
      metrics.configRead(true);
      return `${added.length} offerings added, ${removed.length} removed, ${restarted.length} restarted`;
    },
    reportNow: () => {
      for (const offering of running.values()) offering.reportNow();
    },
    isAlive: () => liveness(snapshot()).ok,
    status: () => {
      const { offerings, orders } = snapshot();
      const connected = offerings.filter((offering) => offering.connected).length;
      const counts = `${connected}/${offerings.length} offerings connected, ${orders.length} busy`;
      return rejected ? `${counts}; the changed configuration was rejected` : counts;
    },
    drainMs: () => config.drainMs,
  };
}

const NEVER = new AbortController().signal;

function needsRestart(keys: ConfigDiff['restart']): AgentError {
  return new AgentError(`${keys.join(' and ')} can only change with a restart`, {
    code: 'CONFIG_RESTART',
    disposition: 'operator',
    hint: 'Restart the agent, or set the old value again.',
  });
}

/** One client per server and credential, however many offerings there are. */
function shareClients(create: (config: WaldurConfig) => Waldur): {
  get(config: WaldurConfig): Waldur;
  closeUnused(used: readonly WaldurConfig[]): void;
  close(): void;
} {
  const clients = new Map<string, Waldur>();
  const closeExcept = (used: ReadonlySet<string>): void => {
    for (const [key, client] of clients) {
      if (used.has(key)) continue;
      client.close();
      clients.delete(key);
    }
  };
  return {
    get: (config) => {
      const key = JSON.stringify(config);
      const client = clients.get(key) ?? create(config);
      clients.set(key, client);
      return client;
    },
    closeUnused: (used) => closeExcept(new Set(used.map((config) => JSON.stringify(config)))),
    close: () => closeExcept(new Set()),
  };
}
