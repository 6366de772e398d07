import type { Uuid } from '../lib/ids.ts';
import type { JournalEntry, JournalEvent, JournalKind } from './journal-entry.ts';

/** Who ordered what, what the agent did about it, when, and with which outcome. */
export interface Journal {
  /** Takes an event; never throws and never waits. It is on the disk a second later, or counted as lost. */
  record(about: JournalSubject, event: JournalEvent): void;
  /** What matches, the newest first; with `after` the oldest first. What was recorded before is seen. */
  read(query: JournalQuery): Promise<readonly JournalEntry[]>;
  /** Recomputes the chain of an offering from its checkpoint. */
  verify(offering: Uuid): Promise<Verification>;
  /** Calls `take` with every event that this process records, at once; returns how to end that. `take` must not throw. */
  follow(take: (event: LiveEvent) => void): () => void;
  /** Writes what waits, as far as it can be written. */
  flush(): Promise<void>;
}

export interface JournalSubject {
  readonly offering: Uuid;
  readonly order?: Uuid | undefined;
  readonly resource?: Uuid | undefined;
  /** When it happened; now, if it is not given. */
  readonly at?: Date | undefined;
}

export interface JournalQuery {
  readonly offering: Uuid;
  readonly resource?: Uuid | undefined;
  readonly order?: Uuid | undefined;
  readonly kinds?: readonly JournalKind[] | undefined;
  readonly since?: Date | undefined;
  /** Only entries with a smaller number: the next page. */
  readonly before?: number | undefined;
  /** Only entries with a greater number, the oldest first: what is new. */
  readonly after?: number | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

/** An event before it has a number and a hash. */
export interface LiveEvent extends JournalSubject {
  readonly at: Date;
  readonly event: JournalEvent;
}

export interface Verification {
  readonly offering: Uuid;
  /** Entries that were checked. */
  readonly entries: number;
  /** Number and hash of the last entry: kept elsewhere, they prove later that nothing before them was changed. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Number of the last entry that was removed because of its age; 0 when none was. */
  readonly checkpoint: number;
  /** What is wrong, in words; empty when the chain holds. */
  readonly faults: readonly string[];
}
