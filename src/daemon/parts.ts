import type { Config } from '../config/types.ts';
import { createLog, type LogLevel, type RootLog } from '../lib/log.ts';
import { createMetrics, type Metrics } from '../monitor/metrics.ts';
import type { Shared } from '../offering/shared.ts';
import { createSlots } from '../orders/slots.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { ComposeDeps } from './compose-deps.ts';
import { createConnect } from './connect.ts';
import { type SharedClients, shareClients } from './share-clients.ts';
import { watchUnauthorized } from './watch-unauthorized.ts';

/** What the offerings and the pages of the agent have in common. */
export interface Parts {
  readonly log: RootLog;
  readonly metrics: Metrics;
  readonly clients: SharedClients;
  /** What offerings of a configuration share; after `open`. */
  shared(config: Config): Shared;
  /** Hands every finished line of the log to `take`, beside the writer of the process. */
  followLog(take: (line: string, level: LogLevel) => void): void;
  /** Opens the store. */
  open(config: Config): Promise<void>;
  close(): Promise<void>;
}

export function createParts(config: Config, deps: ComposeDeps): Parts {
  const { clock, random, version, env, secrets } = deps;
  const { concurrency } = config;
  let follow: (line: string, level: LogLevel) => void = () => undefined;
  const log = createLog({
    level: config.logLevel,
    clock,
    secrets,
    write: (line, level) => {
      deps.write(line, level);
      follow(line, level);
    },
  });
  const metrics = createMetrics({ version, revision: deps.revision, clock, offerings: [] });
  let opened: Store | undefined;
  const store = (): Store => {
    if (opened === undefined) throw new Error('the agent is not started');
    return opened;
  };
  const observed = watchUnauthorized(metrics, clock, () => deps.unauthorized?.());
  const connect = createConnect({ clock, log, version, env, secrets, concurrency, metrics: observed, store });
  const clients = shareClients(connect.waldur);
  const slots = createSlots(concurrency);
  const startedAt = clock.now();
  const peers = { waldur: clients.get, backend: connect.backend };

  return {
    log,
    metrics,
    clients,
    shared: (of) => {
      return { config: of, clock, random, log, metrics, store: store(), slots, version, startedAt, env, ...peers };
    },
    followLog: (take) => {
      follow = take;
    },
    open: async ({ state }) => {
      opened = await openStore(state, clock);
    },
    close: async () => {
      clients.close();
      await opened?.close();
    },
  };
}
