import type { Clock } from '../../../src/lib/clock.ts';
import { isAgentError } from '../../../src/lib/errors.ts';
import { createKeyedLock } from '../../../src/lib/keyed-lock.ts';
import type { Log } from '../../../src/lib/log.ts';
import type { Documents } from '../../../src/plugin/contract.ts';
import type { Sizes } from '../devices/space.ts';
import type { Names } from '../host/names.ts';
import type { AuditTail, RecentUses } from './audit/audit-tail.ts';
import type { Engine } from './engine/engine.ts';
import { type LayerCache, takeSnapshot } from './engine/snapshot.ts';
import type { EngineEvent, Snapshot } from './engine/types.ts';
import { loadKnown, saveKnown } from './known-store.ts';
import { readLimits } from './limits-store.ts';
import { type Item, itemsOf, ownerOfContainer } from './ownership/items.ts';
import { reconcile, type Seen } from './ownership/reconcile.ts';
import type { Known } from './ownership/types.ts';
import { type Usage, usageOf } from './ownership/usage.ts';
import { peopleIn } from './people.ts';
import type { DockerSettings } from './settings.ts';

export interface DockerDeps {
  readonly engine: Engine;
  readonly audit: AuditTail;
  readonly store: Documents;
  readonly names: Names;
  readonly sizes: Sizes;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: DockerSettings;
  isPerson(uid: number): boolean;
  /** Users whose account is suspended. */
  suspended(): Promise<ReadonlySet<number>>;
  /** Tells this process from others on the same state. */
  readonly holder: string;
}

/** What the engine has, whose it is, and what may be used. */
export interface View {
  readonly snapshot: Snapshot;
  readonly known: Known;
  readonly items: readonly Item[];
  readonly usage: Usage;
}

/** Docker as a device: who uses what of it. */
export interface Docker extends DockerDeps {
  /** At most a minute old; `isFresh` asks the engine in any case. */
  view(signal: AbortSignal, isFresh?: boolean): Promise<View>;
  /** Makes the next view a fresh one, after something was decided. */
  forget(): void;
  /** A fresh view, after the audit log and the events of the engine were read for who made what. */
  sync(signal: AbortSignal): Promise<View>;
  /** The same view with containers as they are now. */
  again(view: View, signal: AbortSignal): Promise<View>;
  limits(): Promise<ReadonlyMap<number, bigint>>;
  /**
   * Bytes in use on the file system of the engine's data that no call counts: logs, the build cache, and whatever else is
   * on it. Undefined when it cannot be looked at.
   */
  other(view: View): Promise<bigint | undefined>;
  /** Of the last look at them; the newest last. */
  recentEvents(): readonly EngineEvent[];
  /** Who used clients and the socket in the last 90 minutes, as far as the audit log can be read. */
  recentUses(signal: AbortSignal): Promise<RecentUses>;
  now(): number;
}

const CACHED_MS = 60_000;
const EVENTS_BACK_SECONDS = 90 * 60;
/** What the engine can replay at most. */
const MOST_EVENTS = 256;

const NOTHING_NEW = { events: [], uses: [] };

export function createDocker(deps: DockerDeps): Docker {
  const { engine, store, clock, log, settings } = deps;
  const layers: LayerCache = new Map();
  const lock = createKeyedLock();
  let cached: { readonly view: View; readonly untilMs: number } | undefined;
  let events: readonly EngineEvent[] = [];
  let lastEventsAt: number | undefined;
  const now = (): number => Math.floor(clock.now().getTime() / 1000);

  /** What is known with these events and uses, and what that means. */
  async function conclude(
    snapshot: Snapshot,
    before: Known,
    seen: Pick<Seen, 'events' | 'uses'>,
    signal: AbortSignal,
  ): Promise<View> {
    const rules = { people: await peopleIn(snapshot, deps, signal), trustLabel: settings.trustLabel };
    const images = new Map(snapshot.images.map((image) => [image.id, image]));
    const known = reconcile(before, {
      ...seen,
      snapshot,
      now: now(),
      ownerOf: (container, evidence) => {
        const one = evidence === undefined ? [] : [[container.id, evidence] as const];
        const facts = { containers: new Map(one), overrides: before.overrides };
        const { uid, counts } = ownerOfContainer(container, images, facts, rules);
        return counts ? uid : undefined;
      },
    });
    const items = itemsOf(snapshot, known, rules);
    const view = { snapshot, known, items, usage: usageOf(items, snapshot) };
    cached = { view, untilMs: clock.monotonicMs() + CACHED_MS };
    return view;
  }

  async function recentUses(signal: AbortSignal): Promise<RecentUses> {
    try {
      return await deps.audit.recent(now(), signal);
    } catch (err) {
      signal.throwIfAborted();
      if (!isAgentError(err)) throw err;
      log.warn({ err }, 'without the audit log only labels say whose containers are');
      return { clients: [], sockets: [], isThere: false };
    }
  }

  async function sync(signal: AbortSignal): Promise<View> {
    const before = await loadKnown(store);
    const { clients } = await recentUses(signal);
    const at = now();
    // The second of the last look again: it may not have been over.
    const found = await engine.events(lastEventsAt ?? at - EVENTS_BACK_SECONDS, at, signal);
    const snapshot = await takeSnapshot(engine, layers, signal);
    const uses = clients.filter(({ uid }) => deps.isPerson(uid));
    const view = await conclude(snapshot, before, { events: found, uses }, signal);
    await saveKnown(store, before, view.known);
    [lastEventsAt, events] = [at, [...events, ...found].slice(-MOST_EVENTS)];
    return view;
  }

  return {
    ...deps,
    now,
    recentUses,
    recentEvents: () => events,
    limits: () => readLimits(store),
    other: async ({ snapshot, usage }) => {
      const root = settings.dataRoot ?? snapshot.info.dataRoot;
      const space = await deps.sizes.spaceOf(root).catch(() => undefined);
      return space === undefined ? undefined : space.used > usage.used ? space.used - usage.used : 0n;
    },
    forget: () => {
      cached = undefined;
    },
    sync: (signal) => lock.hold('engine', () => sync(signal)),
    view: (signal, isFresh = false) =>
      lock.hold('engine', async () => {
        if (!isFresh && cached !== undefined && clock.monotonicMs() < cached.untilMs) return cached.view;
        const snapshot = await takeSnapshot(engine, layers, signal);
        return conclude(snapshot, await loadKnown(store), NOTHING_NEW, signal);
      }),
    again: async (view, signal) => {
      const snapshot = { ...view.snapshot, containers: await engine.containers(signal) };
      return conclude(snapshot, view.known, NOTHING_NEW, signal);
    },
  };
}
