import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import type { Document, DocumentChange, Documents } from '../plugin/contract.ts';
import {
  type Bound,
  checkKey,
  checkPrefix,
  encode,
  endOfPrefix,
  expiryOf,
  isRemovalDue,
  pageLimit,
} from '../plugin/document-rules.ts';
import type { Sql, Statement } from './sql.ts';

const PUT = `INSERT INTO documents (namespace, key, value, expires_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`;
const DELETE = 'DELETE FROM documents WHERE namespace = ? AND key = ?';
const GET = `SELECT value FROM documents
  WHERE namespace = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)`;
const LIST = `SELECT key, value FROM documents
  WHERE namespace = ? AND key > ? AND key >= ? AND key < ? AND (expires_at IS NULL OR expires_at > ?)
  ORDER BY key LIMIT ?`;
const REMOVE_EXPIRED = 'DELETE FROM documents WHERE namespace = ? AND expires_at <= ?';
const REMOVE_EXCESS = `DELETE FROM documents WHERE namespace = ? AND expires_at <= (
  SELECT expires_at FROM documents WHERE namespace = ? AND expires_at IS NOT NULL
  ORDER BY expires_at DESC LIMIT 1 OFFSET ?)`;

export function createSqlDocuments(deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly namespace: string;
  readonly bound: Bound | undefined;
}): Documents {
  const { sql, clock, bound } = deps;
  const namespace = checkKey(deps.namespace);
  let writes = 0;

  function toStatement(change: DocumentChange): Statement {
    const key = checkKey(change.key);
    if (change.kind === 'delete') return { sql: DELETE, values: [namespace, key] };
    const expiresAt = expiryOf(change, bound, clock.now()) ?? null;
    return { sql: PUT, values: [namespace, key, encode(key, change.value), expiresAt] };
  }

  function removals(): readonly Statement[] {
    if (!isRemovalDue(writes++)) return [];
    const expired = { sql: REMOVE_EXPIRED, values: [namespace, clock.now().getTime()] };
    return bound === undefined
      ? [expired]
      : [expired, { sql: REMOVE_EXCESS, values: [namespace, namespace, bound.limit] }];
  }

  async function batch(changes: readonly DocumentChange[]): Promise<void> {
    if (changes.length > 0) await sql.run([...changes.map(toStatement), ...removals()]);
  }

  return {
    isDurable: true,
    get: async (key) => {
      const [row] = await sql.all({ sql: GET, values: [namespace, checkKey(key), clock.now().getTime()] });
      return row === undefined ? undefined : toValue(row);
    },
    put: (key, value, options) => batch([{ kind: 'put', key, value, ...options }]),
    delete: (key) => batch([{ kind: 'delete', key }]),
    list: async (prefix, page) => {
      const from = checkPrefix(prefix);
      const values = [namespace, page?.after ?? '', from, endOfPrefix(from), clock.now().getTime(), pageLimit(page)];
      const rows = await sql.all({ sql: LIST, values });
      return rows.map((row): Document => ({ key: String(row['key']), value: toValue(row) }));
    },
    batch,
  };
}

function toValue(row: Readonly<Record<string, unknown>>): Json {
  return JSON.parse(String(row['value'])) as Json;
}
