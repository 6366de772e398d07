import type { Config } from '../config/types.ts';
import { createLog, type LogLevel, type RootLog } from '../lib/log.ts';
import { createMetrics, type Metrics } from '../monitor/metrics.ts';
import type { Shared } from '../offering/shared.ts';
import { createSlots } from '../orders/slots.ts';
import { createJournal } from '../store/create-journal.ts';
import type { Journal } from '../store/journal.ts';
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
  /** Who ordered what and what was done about it; after `open`. */
  journal(): Journal;
  /** Opens the store. */
  open(config: Config): Promise<void>;
  close(): Promise<void>;
}

/** @param journalDays how long entries are kept, at the moment */
export function createParts(config: Config, deps: ComposeDeps, journalDays: () => number): Parts {
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
  let journal: Journal | undefined;
  const observed = watchUnauthorized(metrics, clock, () => deps.unauthorized?.());
  const connect = createConnect({ clock, log, version, env, secrets, concurrency, metrics: observed, store });
  const clients = shareClients(connect.waldur);
  const slots = createSlots(concurrency);
  const startedAt = clock.now();
  const peers = { waldur: clients.get, backend: connect.backend };

  const parts: Parts = {
    log,
    metrics,
    clients,
    shared: (of) => {
      const kept = { store: store(), journal: parts.journal() };
      return { config: of, clock, random, log, metrics, ...kept, slots, version, startedAt, env, ...peers };
    },
    followLog: (take) => {
      follow = take;
    },
    journal: () => {
      if (journal === undefined) throw new Error('the agent is not started');
      return journal;
    },
    open: async ({ state }) => {
      opened = await openStore(state, clock);
      journal = openJournal(opened, { ...deps, log, days: journalDays });
    },
    close: async () => {
      clients.close();
      await journal?.flush();
      await opened?.close();
    },
  };
  return parts;
}

function openJournal(
  { journal }: Store,
  { clock, version, secrets, log, days }: ComposeDeps & { readonly log: RootLog; days(): number },
): Journal {
  return createJournal({
    rows: journal,
    clock,
    version,
    days,
    scrub: secrets.scrub,
    failed: (err) => log.error({ err }, 'the journal cannot be written; orders are worked on all the same'),
    recovered: () => log.info({}, 'the journal can be written again'),
  });
}
