import type { JournalQuery } from './journal.ts';
import { type JournalRow, ORIGIN } from './journal-chain.ts';
import type { JournalKind } from './journal-entry.ts';
import { type JournalEnds, type JournalRows, rowLimit } from './journal-rows.ts';
import type { Sql, SqlValue, Statement } from './sql.ts';

const INSERT = `INSERT INTO journal (offering, seq, at, order_uuid, resource, kind, body, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const ENDS = 'SELECT first_seq, first_hash, last_seq, last_hash FROM journal_ends WHERE offering = ?';
const SET_HEAD = `INSERT INTO journal_ends (offering, first_seq, first_hash, last_seq, last_hash) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (offering) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash`;
const OLDEST = 'SELECT seq, at, hash FROM journal WHERE offering = ? ORDER BY seq LIMIT ?';
const REMOVE = 'DELETE FROM journal WHERE offering = ? AND seq <= ?';
const SET_CHECKPOINT = 'UPDATE journal_ends SET first_seq = ?, first_hash = ? WHERE offering = ? AND first_seq < ?';

/** Entries removed in one transaction. */
const PORTION = 1000;

export function createSqlJournal(sql: Sql): JournalRows {
  async function ends(offering: string): Promise<JournalEnds> {
    const [row] = await sql.all({ sql: ENDS, values: [offering] });
    if (row === undefined) return { checkpoint: ORIGIN, head: ORIGIN };
    return {
      checkpoint: { seq: Number(row['first_seq']), hash: String(row['first_hash']) },
      head: { seq: Number(row['last_seq']), hash: String(row['last_hash']) },
    };
  }

  /** Returns whether there may be more. */
  async function removePortion(offering: string, before: Date): Promise<boolean> {
    const rows = await sql.all({ sql: OLDEST, values: [offering, PORTION] });
    const kept = rows.findIndex((row) => Number(row['at']) >= before.getTime());
    const last = rows[(kept === -1 ? rows.length : kept) - 1];
    if (last === undefined) return false;
    const seq = Number(last['seq']);
    await sql.run([
      { sql: SET_CHECKPOINT, values: [seq, String(last['hash']), offering, seq] },
      { sql: REMOVE, values: [offering, seq] },
    ]);
    return kept === -1 && rows.length === PORTION;
  }

  return {
    ends,
    append: async (rows) => {
      const [first] = rows;
      const last = rows.at(-1);
      if (first === undefined || last === undefined) return true;
      const head = [last.offering, ORIGIN.seq, ORIGIN.hash, last.seq, last.hash];
      try {
        await sql.run([...rows.map(insertion), { sql: SET_HEAD, values: head }]);
        return true;
      } catch (error) {
        // The number of an entry is taken once: whoever was slower finds the head moved.
        if ((await ends(first.offering)).head.seq >= first.seq) return false;
        throw error;
      }
    },
    read: async (query) => (await sql.all(selection(query))).map(toRow),
    prune: async (offering, before) => {
      while (await removePortion(offering, before));
    },
  };
}

function insertion({ offering, seq, at, order, resource, kind, body, hash }: JournalRow): Statement {
  return { sql: INSERT, values: [offering, seq, at, order, resource, kind, body, hash] };
}

function selection(query: JournalQuery): Statement {
  const { offering, resource, order, kinds, since, before, after } = query;
  const conditions: readonly (readonly [string, readonly SqlValue[] | undefined])[] = [
    ['offering = ?', [offering]],
    ['resource = ?', resource === undefined ? undefined : [resource]],
    ['order_uuid = ?', order === undefined ? undefined : [order]],
    [`kind IN (${(kinds ?? []).map(() => '?').join(', ')})`, kinds],
    ['at >= ?', since && [since.getTime()]],
    ['seq < ?', before === undefined ? undefined : [before]],
    ['seq > ?', after === undefined ? undefined : [after]],
  ];
  const used = conditions.filter(([, values]) => values !== undefined);
  const where = used.map(([condition]) => condition).join(' AND ');
  const direction = after === undefined ? 'DESC' : 'ASC';
  return {
    sql: `SELECT * FROM journal WHERE ${where} ORDER BY seq ${direction} LIMIT ?`,
    values: [...used.flatMap(([, values]) => values ?? []), rowLimit(query)],
  };
}

function toRow(row: Readonly<Record<string, unknown>>): JournalRow {
  return {
    offering: String(row['offering']),
    seq: Number(row['seq']),
    at: Number(row['at']),
    order: textOf(row['order_uuid']),
    resource: textOf(row['resource']),
    kind: String(row['kind']) as JournalKind,
    body: String(row['body']),
    hash: String(row['hash']),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
