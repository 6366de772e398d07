import { diffConfig } from '../config/diff.ts';
import type { Config, OfferingConfig } from '../config/types.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { type AgentError, toAgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { plural } from '../lib/plural.ts';
import type { OfferingHealth } from '../monitor/health.ts';
import { type Kept, type RunningOffering, startOffering } from '../offering/offering.ts';
import type { Shared } from '../offering/shared.ts';
import type { RouteGroup } from '../web/router.ts';

/** The offerings of the process. */
export interface Offerings {
  running(): readonly RunningOffering[];
  /** Also of those that could not be started. */
  health(): readonly OfferingHealth[];
  /** What their backends serve on the agent's own port. */
  routes(): readonly RouteGroup[];
  /** @throws what an offering throws that cannot be started. */
  startAll(config: Config): void;
  /** Stops, starts and restarts only what differs. Returns what was done; one offering's failure stays its own. */
  change(from: Config, to: Config): Promise<string>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface OfferingsDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** What offerings of this configuration share. */
  shared(config: Config): Shared;
}

export function createOfferings(deps: OfferingsDeps): Offerings {
  const running = new Map<string, RunningOffering>();
  const broken = new Map<string, OfferingHealth>();
  /** On their way out or to a restart: a stop of the process waits for what they still do. */
  const leaving = new Set<Promise<unknown>>();
  let stopping = false;

  function start(offering: OfferingConfig, config: Config, kept?: Kept): void {
    running.set(offering.uuid, startOffering(offering, deps.shared(config), kept));
  }

  async function stop(uuid: string, drainMs: number, next?: OfferingConfig): Promise<Kept | undefined> {
    const offering = running.get(uuid);
    running.delete(uuid);
    return offering && during(leaving, stopOne(offering, drainMs, { ...deps, next }));
  }

  /** Starts what the configuration wants and does not run; returns how many could not be started. */
  function startMissing(config: Config, kept: ReadonlyMap<string, Kept | undefined>): number {
    broken.clear();
    for (const offering of config.offerings) {
      if (running.has(offering.uuid)) continue;
      const health = attemptStart(offering, () => start(offering, config, kept.get(offering.uuid)), deps);
      if (health !== undefined) broken.set(offering.uuid, health);
    }
    return broken.size;
  }

  return {
    running: () => [...running.values()],
    health: () => [...[...running.values()].map((offering) => offering.health()), ...broken.values()],
    routes: () => [...running.values()].map(({ config, routes }) => ({ owner: `offering ${config.name}`, routes })),
    startAll: (config) => {
      for (const offering of config.offerings) start(offering, config);
    },
    change: async (from, to) => {
      const steps = stepsOf(from, to, running);
      const stopped = await Promise.all([
        ...steps.restarted.map(async (next) => {
          return [next.uuid, await stop(next.uuid, from.drainMs, steps.keepsBackends ? next : undefined)] as const;
        }),
        ...steps.removed.map(async ({ uuid }) => [uuid, await stop(uuid, from.drainMs)] as const),
      ]);
      if (stopping) {
        await Promise.allSettled(stopped.map(async ([, kept]) => kept?.backendSide.close()));
        return 'stopped before the new configuration was taken over';
      }
      return sentence(steps, startMissing(to, new Map(stopped)));
    },
    drain: async () => {
      stopping = true;
      await Promise.all([...leaving, ...[...running.values()].map((offering) => offering.drain())]);
    },
    close: () => stopAll(running),
  };
}

/** Keeps `work` in the set until it settles. */
async function during<T>(set: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  set.add(work);
  try {
    return await work;
  } finally {
    set.delete(work);
  }
}

const NEVER = new AbortController().signal;

interface Steps {
  /** How many are new. */
  readonly added: number;
  readonly removed: readonly OfferingConfig[];
  readonly restarted: readonly OfferingConfig[];
  /** Whether backends may go on through a restart. Their jobs run in the time zone of the agent. */
  readonly keepsBackends: boolean;
}

/** Agent-wide values reach an offering when it starts, so their change restarts all that run. */
function stepsOf(from: Config, to: Config, running: ReadonlyMap<string, RunningOffering>): Steps {
  const { added, removed, changed, agent } = diffConfig(from, to);
  const restarted =
    agent.length > 0 ? to.offerings.filter(({ uuid }) => running.has(uuid)) : changed.map((pair) => pair.to);
  return { added: added.length, removed, restarted, keepsBackends: from.timezone === to.timezone };
}

/** What was done, for the log and the service manager. */
function sentence({ added, removed, restarted }: Steps, failed: number): string {
  const outcome = `${plural(added, 'offering')} added, ${removed.length} removed, ${restarted.length} restarted`;
  return failed === 0 ? outcome : `${outcome}, ${failed} could not be started`;
}

/** Drained before, or out of patience: what still runs is aborted. @throws the first failure, after all were stopped */
async function stopAll(running: Map<string, RunningOffering>): Promise<void> {
  const stopped = await Promise.allSettled([...running.values()].map((offering) => offering.stop()));
  running.clear();
  const failed = stopped.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Returns how an offering stands that could not be started. */
function attemptStart(
  offering: OfferingConfig,
  start: () => void,
  { log, clock }: OfferingsDeps,
): OfferingHealth | undefined {
  try {
    start();
    return undefined;
  } catch (thrown) {
    const error = toAgentError(thrown);
    log.error({ err: error, offering: offering.name }, 'the offering could not be started');
    return brokenHealth(offering, error, clock);
  }
}

/** Never fails: an offering that cannot be stopped cleanly must not keep others from running. */
async function stopOne(
  offering: RunningOffering,
  drainMs: number,
  { clock, log, next }: Pick<OfferingsDeps, 'clock' | 'log'> & { readonly next: OfferingConfig | undefined },
): Promise<Kept | undefined> {
  const { name } = offering.config;
  try {
    await withDeadline(clock, NEVER, drainMs, `stopping offering ${name}`, () => offering.drain());
  } catch (err) {
    log.warn({ err, offering: name }, 'work in progress is aborted, and taken up again');
  }
  try {
    return await offering.stop(next);
  } catch (err) {
    log.error({ err, offering: name }, 'the offering was not released cleanly');
    return undefined;
  }
}

function brokenHealth({ name }: OfferingConfig, error: AgentError, clock: Clock): OfferingHealth {
  const { code, message, hint } = error;
  const hindrance = { ability: 'backend', essential: true, code, message, hint, since: clock.now() } as const;
  return { name, connected: false, lastReconcileMs: undefined, hindrances: [hindrance] };
}
