import { once } from 'node:events';
import { toAgentError } from '../../src/lib/errors.ts';
import type { Job, Route } from '../../src/plugin/contract.ts';
import { withPeople } from './central/keys.ts';
import { createLocalClient } from './central/local-client.ts';
import { createReceiver } from './central/receive.ts';
import { createCentralRoutes } from './central/routes.ts';
import type { Deps } from './deps.ts';
import { dockerJobs } from './docker/jobs.ts';
import { applyDefaults } from './host/defaults.ts';
import type { HostService } from './host/service.ts';
import { createMail } from './notify/mail.ts';
import { createWebhook } from './notify/webhook.ts';
import { createGuard } from './remote/auth.ts';
import { listen } from './remote/listen.ts';
import { createHostRoutes } from './remote/routes.ts';
import { scanByUser } from './scan/scan.ts';
import { isCentral } from './settings.ts';
import { look } from './state/monitor.ts';
import { type Channel, deliver } from './state/outbox.ts';

/** What runs beside orders: APIs for other programs, and what is done by the clock. */
export interface Running {
  readonly routes: readonly Route[];
  readonly jobs: readonly Job[];
  /** A listener of its own where one is configured; returns when the signal fires. */
  serve(signal: AbortSignal): Promise<void>;
  close(): void;
}

const DEADLINE_MS = 4 * 60_000;
/** A hundred million files. */
const SCAN_MS = 8 * 3_600_000;

export function createRunning(deps: Deps, host: HostService): Running {
  const { settings, clock, log, store } = deps;
  const channels = channelsOf(deps);
  const routes = [
    ...(settings.api_key === undefined
      ? []
      : createHostRoutes(host, createGuard(settings.api_key, clock), deps.docker)),
    ...(isCentral(settings) ? centralRoutes(deps, host) : []),
  ];
  const job = (name: string, schedule: string, run: Job['run']): Job => ({
    name,
    schedule,
    deadlineMs: DEADLINE_MS,
    run,
  });
  return {
    routes,
    jobs: [
      job('events', everySeconds(settings.notify_interval), async (signal) => {
        const now = (): Date => clock.now();
        const events = await look({ host, store, endingSeconds: settings.grace_ending_seconds, now }, signal);
        const sent = await deliver(store, channels, log, signal);
        return events + sent === 0 ? undefined : `${events} changes, ${sent} deliveries`;
      }),
      job('enforcement', '*/5 * * * *', (signal) => deps.enforcement.look(signal)),
      job('defaults', '*/10 * * * *', (signal) => applyDefaults(host, signal)),
      // Made-up containers are not enforced.
      ...(deps.docker === undefined || settings.MOCK_QUOTA ? [] : dockerJobs(deps.docker, everySeconds)),
      ...scanJobs(deps),
    ],
    serve: async (signal) => {
      if (signal.aborted) return;
      // A boot may have left limits that are not enforced.
      await firstLook(deps, signal);
      if (settings.serve === undefined) {
        await once(signal, 'abort');
        return;
      }
      const listener = await listen(routes, settings.serve, signal);
      log.info({ listen: settings.serve.listen }, 'the APIs for other programs listen');
      try {
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        await listener.close();
      }
    },
    close: () => {
      for (const channel of channels) channel.close();
      for (const { client } of deps.remotes) client.close();
    },
  };
}

/** Nothing of it may keep the listener from starting. */
async function firstLook({ enforcement, log }: Deps, signal: AbortSignal): Promise<void> {
  try {
    const line = await enforcement.look(signal);
    if (line !== undefined) log.warn({}, line);
  } catch (err) {
    if (!signal.aborted) log.warn({ err: toAgentError(err) }, 'whether limits are enforced could not be found out');
  }
}

function scanJobs(deps: Deps): readonly Job[] {
  const schedule = deps.settings.usage_by_user;
  if (schedule === undefined) return [];
  return [
    { name: 'usage-by-user', schedule, deadlineMs: SCAN_MS, run: (signal) => scanByUser(deps, deps.walk, signal) },
  ];
}

function centralRoutes(deps: Deps, host: HostService): readonly Route[] {
  const { settings, store, clock, log, remotes, hostId } = deps;
  const local = settings.central === true ? [{ id: hostId, client: createLocalClient(host, deps.docker) }] : [];
  const hosts = [...local, ...remotes];
  const knows = (id: string): boolean => hosts.some((one) => one.id === id);
  const routes = createCentralRoutes({
    hosts,
    store,
    clock,
    log,
    userClaim: settings.user_claim,
    events: createGuard(settings.SLAVE_EVENT_SECRET, clock),
    receive: createReceiver({ store, clock, log, knows, isHere: (id) => id === hostId }),
  });
  return withPeople(routes, settings.api_keys, clock);
}

function channelsOf({ settings, http, names, hostId, store }: Deps): readonly (Channel & { close(): void })[] {
  const { MASTER_EVENT_CALLBACK_URL: url, MASTER_EVENT_CALLBACK_SECRET: secret } = settings;
  const { SMTP_HOST: smtp, NOTIFICATION_FROM: from } = settings;
  return [
    ...(url === undefined ? [] : [createWebhook(http, { url, secret, hostId })]),
    ...(smtp === undefined || from === undefined ? [] : [createMail({ settings, names, hostId, store }, smtp, from)]),
  ];
}

/** Whole minutes, which is what a cron expression can say. */
function everySeconds(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `*/${minutes} * * * *` : '0 * * * *';
}
