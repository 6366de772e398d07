import type { Clock } from '../lib/clock.ts';
import { AgentError, toAgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import { chain, type Draft } from './journal-chain.ts';
import type { JournalRows } from './journal-rows.ts';
import { createWaiting } from './journal-waiting.ts';

/** Writes entries a moment later, many in one transaction. */
export interface JournalWriter {
  add(offering: Uuid, draft: Draft): void;
  /** Writes what waits; resolves also when that failed, and is tried again. */
  flush(): Promise<void>;
}

export interface JournalWriterDeps {
  readonly rows: JournalRows;
  readonly clock: Clock;
  days(): number;
  failed(error: AgentError): void;
  recovered(): void;
}

const FLUSH_MS = 500;
const RETRY_MS = 5_000;
const PRUNE_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Other processes may append at the same time, but not so often. */
const ATTEMPTS = 20;

export function createJournalWriter({ rows, clock, days, failed, recovered }: JournalWriterDeps): JournalWriter {
  const waiting = createWaiting();
  const prunedAt = new Map<Uuid, number>();
  let cancelTimer: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isFailing = false;

  function flush(): Promise<void> {
    writing = writing.then(writeAll).catch(noteFailure);
    return writing;
  }

  function flushLater(): void {
    cancelTimer ??= clock.after(isFailing ? RETRY_MS : FLUSH_MS, () => void flush());
  }

  async function writeAll(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    for (const offering of waiting.offerings()) {
      const drafts = waiting.peek(offering);
      await append(rows, offering, drafts);
      waiting.written(offering);
      await prune(offering);
    }
    if (isFailing) recovered();
    isFailing = false;
  }

  function noteFailure(thrown: unknown): void {
    const error = toAgentError(thrown);
    waiting.failed(error.message);
    if (!isFailing) failed(error);
    isFailing = true;
    flushLater();
  }

  async function prune(offering: Uuid): Promise<void> {
    const now = clock.monotonicMs();
    if (now - (prunedAt.get(offering) ?? Number.NEGATIVE_INFINITY) < PRUNE_MS) return;
    prunedAt.set(offering, now);
    await rows.prune(offering, new Date(clock.now().getTime() - days() * DAY_MS));
  }

  return {
    flush,
    add: (offering, draft) => {
      waiting.add(offering, draft);
      flushLater();
    },
  };
}

/** Behind whatever is there by now: another process may write to the same chain. */
async function append(rows: JournalRows, offering: Uuid, drafts: readonly Draft[]): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { head } = await rows.ends(offering);
    if (await rows.append(chain(offering, head, drafts))) return;
  }
  throw new AgentError('too many processes write to the journal at once', {
    code: 'JOURNAL_BUSY',
    disposition: 'transient',
  });
}
