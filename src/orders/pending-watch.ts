import type { Clock } from '../lib/clock.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Backend, Pending } from '../plugin/contract.ts';

/** Orders whose accounts the backend is still making. They hold no lane and no slot. */
export interface PendingWatch {
  /** Looks at the account again when that is worth it. A second time for the same order replaces the first. */
  add(order: PendingOrder, pending: Pending): void;
  has(order: Uuid): boolean;
  /**
   * Looks at what is due, with one `observe` for all of it, until `signal` fires. `resume` gets each order whose account
   * is there, gone or overdue: it goes on.
   */
  run(resume: (order: PendingOrder) => void, signal: AbortSignal): Promise<void>;
}

export interface PendingOrder {
  readonly order: Uuid;
  readonly resource: Uuid;
}

export interface PendingWatchDeps {
  readonly backend: Pick<Backend, 'observe'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest time an account may be pending. */
  readonly pendingMs: number;
}

/** More orders than this are found again by reconciliation. */
const REMEMBERED = 10_000;
const LEAST_PAUSE_MS = 1000;
const AFTER_FAILURE_MS = 30_000;
/** What is due soon is looked at together with what is due now. */
const TOGETHER_MS = 1000;

interface Entry extends PendingOrder {
  readonly account: string;
  readonly endMs: number;
  dueMs: number;
}

export function createPendingWatch(deps: PendingWatchDeps): PendingWatch {
  const { clock } = deps;
  const entries = new Map<Uuid, Entry>();
  const alarm = createAlarm(clock);
  const dueMs = (pending: Pending): number => clock.monotonicMs() + Math.max(LEAST_PAUSE_MS, pending.againAfterMs);

  /** Returns the orders that go on. */
  async function* look(batch: readonly Entry[], signal: AbortSignal): AsyncGenerator<PendingOrder> {
    const byAccount = new Map(batch.map((entry) => [entry.account, entry]));
    const sought = batch.map(({ account, resource }) => ({ account, resource }));
    for (const entry of batch) entry.dueMs = clock.monotonicMs() + AFTER_FAILURE_MS;
    for await (const observed of deps.backend.observe(sought, signal)) {
      const entry = byAccount.get(observed.account);
      if (entry === undefined || entries.get(entry.order) !== entry) continue;
      if (observed.state === 'pending' && clock.monotonicMs() < entry.endMs) {
        entry.dueMs = dueMs(observed);
        continue;
      }
      entries.delete(entry.order);
      yield { order: entry.order, resource: entry.resource };
    }
  }

  return {
    has: (order) => entries.has(order),
    add: ({ order, resource }, pending) => {
      if (entries.size >= REMEMBERED && !entries.has(order)) return;
      const age = clock.now().getTime() - pending.since.getTime();
      const endMs = clock.monotonicMs() + Math.max(0, deps.pendingMs - age);
      entries.set(order, { order, resource, account: pending.account, endMs, dueMs: dueMs(pending) });
      alarm.ring();
    },
    run: async (resume, signal) => {
      while (!signal.aborted) {
        const nowMs = clock.monotonicMs();
        const nextMs = Math.min(...[...entries.values()].map((entry) => entry.dueMs));
        if (nextMs > nowMs) {
          await alarm.sleep(Math.min(IDLE_MS, nextMs - nowMs), signal);
          continue;
        }
        const batch = [...entries.values()].filter((entry) => entry.dueMs <= nowMs + TOGETHER_MS);
        try {
          for await (const order of look(batch, signal)) resume(order);
        } catch (error) {
          if (signal.aborted) return;
          deps.log.warn({ err: toAgentError(error) }, 'accounts that are being made could not be looked at');
        }
      }
    },
  };
}

const IDLE_MS = 24 * 60 * 60_000;

/** A sleep that ends early when the alarm rings or the signal fires. */
function createAlarm(clock: Clock): { ring(): void; sleep(ms: number, signal: AbortSignal): Promise<void> } {
  let ring = (): void => undefined;
  return {
    ring: () => ring(),
    sleep: async (ms, signal) => {
      const woken = new AbortController();
      ring = () => woken.abort();
      signal.addEventListener('abort', ring, { once: true });
      await clock.sleep(ms, woken.signal).catch(() => undefined);
      signal.removeEventListener('abort', ring);
    },
  };
}
