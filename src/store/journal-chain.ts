import { createHash } from 'node:crypto';
import type { JournalEntry, JournalEvent, JournalKind } from './journal-entry.ts';

/** Where a chain is: the number of an entry and its hash. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first entry. */
export const ORIGIN: Link = { seq: 0, hash: '0'.repeat(64) };

/** An entry as it is stored. `body` is what counts; the others are copies of its parts, for searching. */
export interface JournalRow {
  readonly offering: string;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly order: string | null;
  readonly resource: string | null;
  readonly kind: JournalKind;
  /** JSON text. */
  readonly body: string;
  readonly hash: string;
}

/** An entry that has no place in the chain yet. */
export interface Draft {
  readonly at: Date;
  readonly version: string;
  readonly order: string | undefined;
  readonly resource: string | undefined;
  readonly event: JournalEvent;
}

/** The drafts as rows that follow `head`. */
export function chain(offering: string, head: Link, drafts: readonly Draft[]): readonly JournalRow[] {
  let { seq, hash } = head;
  return drafts.map(({ at, version, order = null, resource = null, event }) => {
    seq += 1;
    const body = JSON.stringify({ offering, seq, at: at.toISOString(), version, order, resource, event });
    hash = hashOf(hash, body);
    return { offering, seq, at: at.getTime(), order, resource, kind: event.kind, body, hash };
  });
}

/** What is wrong with rows that should follow `link`, in words; and the last link that was looked at. */
export function check(
  link: Link,
  rows: readonly JournalRow[],
): { readonly link: Link; readonly faults: readonly string[] } {
  const faults: string[] = [];
  let last = link;
  for (const row of rows) {
    if (row.seq !== last.seq + 1) faults.push(`after entry ${last.seq} comes entry ${row.seq}`);
    else if (row.hash !== hashOf(last.hash, row.body))
      faults.push(`entry ${row.seq} was changed, or the one before it`);
    if (!isTrueCopy(row)) faults.push(`what entry ${row.seq} is searched by differs from what it says`);
    last = { seq: row.seq, hash: row.hash };
  }
  return { link: last, faults };
}

export function toEntry({ body, hash }: JournalRow): JournalEntry {
  const { at, order, resource, ...rest } = JSON.parse(body) as Omit<JournalEntry, 'at'> & { readonly at: string };
  return { ...rest, at: new Date(at), order: order ?? undefined, resource: resource ?? undefined, hash };
}

function hashOf(before: string, body: string): string {
  return createHash('sha256').update(`${before}\n${body}`).digest('hex');
}

function isTrueCopy({ offering, seq, at, order, resource, kind, body }: JournalRow): boolean {
  try {
    const said = JSON.parse(body) as Omit<JournalRow, 'at'> & { readonly at: string; readonly event: JournalEvent };
    const copy = { offering, seq, at: new Date(at).toISOString(), order, resource, kind };
    const { event, ...original } = said;
    return Object.entries({ ...copy, kind: event.kind }).every(([key, value]) => {
      return key === 'kind' ? value === kind : value === original[key as 'offering'];
    });
  } catch {
    return false;
  }
}
