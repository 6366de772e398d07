import type { Uuid } from '../lib/ids.ts';
import { createLast } from '../lib/last.ts';
import type { JournalEvent } from '../store/journal-entry.ts';

/** What an event of the journal is about. */
export interface Subject {
  readonly order?: Uuid;
  readonly resource?: Uuid;
}

/** What failed lately, and how: an outage of days is one entry for each thing that it keeps from being done. */
export interface Repeats {
  /** False for a failure that says the same as the last one of the same thing. */
  isNews(about: Subject, event: JournalEvent): boolean;
}

export function createRepeats(most = 10_000): Repeats {
  const failures = createLast(most);
  return {
    isNews: (about, event) => {
      const id = `${about.order ?? about.resource ?? ''} ${whatOf(event)}`;
      const failure = failureOf(event);
      if (failure === undefined) {
        // The drift that was found is only over when it is repaired.
        if (event.kind !== 'drift' || event.result === 'repaired') failures.forget(id);
        return event.kind !== 'drift' || event.result !== 'found' || !failures.has(id);
      }
      return failures.isNew(id, failure);
    },
  };
}

function whatOf(event: JournalEvent): string {
  if (event.kind === 'backend') return `${event.action} ${event.account}`;
  return event.kind === 'waldur' ? event.call : event.kind;
}

function failureOf(event: JournalEvent): string | undefined {
  return 'error' in event ? event.error?.code : undefined;
}
