import type { JournalQuery } from './journal.ts';
import type { JournalRow, Link } from './journal-chain.ts';

/** Where the entries of the journal are kept. It knows nothing of what they say. */
export interface JournalRows {
  /** The last entry that was removed because of its age, and the last one that was written. */
  ends(offering: string): Promise<JournalEnds>;
  /**
   * Appends rows that follow `ends.head`, all or none. False when another process has appended some since: read the ends
   * again, chain again.
   */
  append(rows: readonly JournalRow[]): Promise<boolean>;
  /** As `Journal.read`. */
  read(query: JournalQuery): Promise<readonly JournalRow[]>;
  /** Removes entries from before `before`, the oldest ones only; the last one removed becomes the checkpoint. */
  prune(offering: string, before: Date): Promise<void>;
}

export interface JournalEnds {
  readonly checkpoint: Link;
  readonly head: Link;
}

const MOST = 1000;

export function rowLimit({ limit }: JournalQuery): number {
  return Math.min(Math.max(Math.trunc(limit), 1), MOST);
}
