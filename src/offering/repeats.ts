import type { Uuid } from '../lib/ids.ts';
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

/** The last value of each of many things. Forgets the oldest one when it is full. */
export interface Last {
  has(id: string): boolean;
  /** Remembers the value; false when it is the one that was there. */
  isNew(id: string, value: string): boolean;
  forget(id: string): void;
}

export function createLast(most: number): Last {
  const values = new Map<string, string>();
  return {
    has: (id) => values.has(id),
    isNew: (id, value) => {
      if (values.get(id) === value) return false;
      const [oldest] = values.size >= most ? values.keys() : [];
      if (oldest !== undefined) values.delete(oldest);
      values.set(id, value);
      return true;
    },
    forget: (id) => void values.delete(id),
  };
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
