import type { Clock } from '../lib/clock.ts';
import type { AgentError } from '../lib/errors.ts';
import type { Uuid } from '../lib/ids.ts';
import type { Journal, LiveEvent } from './journal.ts';
import { check, toEntry } from './journal-chain.ts';
import type { JournalRows } from './journal-rows.ts';
import { createJournalWriter } from './journal-writer.ts';
import { scrubEvent } from './scrub-event.ts';

export interface JournalDeps {
  readonly rows: JournalRows;
  readonly clock: Clock;
  /** Of the agent. */
  readonly version: string;
  /** How many days an entry is kept. */
  days(): number;
  /** Replaces secrets. */
  scrub(text: string): string;
  /** Entries cannot be written; called once until they can be again. */
  failed(error: AgentError): void;
  /** They can be written again. */
  recovered(): void;
}

const PAGE = 1000;

export function createJournal(deps: JournalDeps): Journal {
  const { rows, clock, version } = deps;
  const writer = createJournalWriter(deps);
  const followers = new Set<(event: LiveEvent) => void>();

  return {
    record: ({ offering, order, resource, at = clock.now() }, event) => {
      const clean = scrubEvent(event, deps.scrub);
      writer.add(offering, { at, version, order, resource, event: clean });
      for (const take of followers) take({ offering, order, resource, at, event: clean });
    },
    flush: writer.flush,
    read: async (query) => {
      await writer.flush();
      return query.kinds?.length === 0 ? [] : (await rows.read(query)).map(toEntry);
    },
    verify: async (offering) => {
      await writer.flush();
      return verify(rows, offering);
    },
    follow: (take) => {
      followers.add(take);
      return () => void followers.delete(take);
    },
  };
}

async function verify(rows: JournalRows, offering: Uuid): ReturnType<Journal['verify']> {
  // The end first: what is written meanwhile is no fault.
  const { checkpoint, head } = await rows.ends(offering);
  let link = checkpoint;
  let entries = 0;
  const faults: string[] = [];
  while (link.seq < head.seq) {
    const found = await rows.read({ offering, after: link.seq, limit: PAGE });
    const expected = found.filter(({ seq }) => seq <= head.seq);
    if (expected.length === 0) break;
    const checked = check(link, expected);
    faults.push(...checked.faults);
    entries += expected.length;
    link = checked.link;
  }
  if (link.seq !== head.seq || link.hash !== head.hash) {
    faults.push(`the journal ends with entry ${link.seq}, and entry ${head.seq} was the last one written`);
  }
  return { offering, entries, head, checkpoint: checkpoint.seq, faults };
}
