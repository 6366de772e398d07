import type { Clock } from '../lib/clock.ts';
import { toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { createLast } from '../lib/last.ts';
import type { Outcome } from '../orders/handle.ts';
import type { Journal } from '../store/journal.ts';
import type { JournalEvent, OrderEvent } from '../store/journal-entry.ts';
import { journalError } from '../store/journal-error.ts';
import type { Order } from '../waldur/types.ts';
import { createRepeats, type Subject } from './repeats.ts';

/** The journal of one offering. It knows which order is worked on, so that whoever does something need not say so. */
export interface OfferingJournal {
  /** An event about an order or a resource. A failure that only repeats the one before is left out. */
  record(about: Subject, event: JournalEvent): void;
  /** Keeps what an attempt at an order does and comes to. `work` reads the order, which `noteRead` sees. */
  follow(order: Uuid, signal: AbortSignal, work: () => Promise<Outcome>): Promise<Outcome>;
  /** An order as Waldur has it now. */
  noteRead(order: Order): void;
}

interface Attempt {
  readonly startedMs: number;
  /** The order when it was read first, and when that was. */
  read?: { readonly order: Order; readonly at: Date };
  /** Whether anything of the attempt is in the journal. */
  isTold: boolean;
}

/** Waiting orders that are remembered. */
const REMEMBERED = 10_000;

export function createOfferingJournal(deps: {
  readonly offering: Uuid;
  readonly journal: Pick<Journal, 'record'>;
  readonly clock: Clock;
}): OfferingJournal {
  const { offering, journal, clock } = deps;
  const attempts = new Map<Uuid, Attempt>();
  const repeats = createRepeats();
  const waiting = createLast(REMEMBERED);

  /** The attempt that an event belongs to: there is one for each resource at most. */
  function attemptOf({ order, resource }: Subject): Attempt | undefined {
    if (order !== undefined) return attempts.get(order);
    if (resource === undefined) return undefined;
    return [...attempts.values()].find(({ read }) => read?.order.resource === resource);
  }

  function write(attempt: Attempt | undefined, about: Subject, event: JournalEvent): void {
    const read = attempt?.read;
    const subject = read ? { offering, order: read.order.uuid, resource: read.order.resource } : { offering, ...about };
    if (attempt !== undefined && read !== undefined && !attempt.isTold) {
      attempt.isTold = true;
      journal.record({ ...subject, at: read.at }, orderEvent(read.order, { stage: 'read' }));
    }
    journal.record(subject, event);
  }

  function record(about: Subject, event: JournalEvent): void {
    if (!repeats.isNews(about, event)) return;
    write(attemptOf(about), about, event);
  }

  /** An order that waits comes back with every reconciliation: it is news when it begins to wait. */
  function isQuiet({ order: { uuid, state }, ending }: Outcome): boolean {
    if (ending === 'skipped') return true;
    const waits = ending === 'deferred' || ending === 'pending';
    return waits ? !waiting.isNew(uuid, `${state} ${ending}`) : false;
  }

  function end(attempt: Attempt, outcome: Pick<OrderEvent, 'stage' | 'ending' | 'error'>): void {
    const { read } = attempt;
    if (read === undefined) return;
    const ms = Math.round(clock.monotonicMs() - attempt.startedMs);
    record({ order: read.order.uuid }, orderEvent(read.order, { ...outcome, ms }));
  }

  return {
    record,
    noteRead: (order) => {
      const attempt = attempts.get(order.uuid);
      if (attempt !== undefined) attempt.read ??= { order, at: clock.now() };
    },
    follow: async (order, signal, work) => {
      const attempt: Attempt = { startedMs: clock.monotonicMs(), isTold: false };
      attempts.set(order, attempt);
      try {
        const outcome = await work();
        const isNews = !isQuiet(outcome);
        if (attempt.isTold || isNews) end(attempt, { stage: 'ended', ending: outcome.ending });
        return outcome;
      } catch (error) {
        if (!signal.aborted) end(attempt, { stage: 'failed', error: journalError(toAgentError(error)) });
        throw error;
      } finally {
        attempts.delete(order);
      }
    },
  };
}

function orderEvent(
  { type, state, resourceName: name, createdBy }: Order,
  rest: Pick<OrderEvent, 'stage' | 'ending' | 'ms' | 'error'>,
): OrderEvent {
  return { kind: 'order', type, state, name, ...(createdBy !== '' && { by: createdBy }), ...rest };
}
