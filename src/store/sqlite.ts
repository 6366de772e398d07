import { closeSync, openSync } from 'node:fs';
import type Database from 'libsql';
import { AgentError } from '../lib/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Sql, Statement } from './sql.ts';

type Connection = Database.Database;
type Prepared = Database.Statement<unknown[]>;

/** How long to wait for a command that writes to the file at the same time. */
const BUSY_MS = 5000;

/**
 * Opens the file, creates it for its owner alone where it is missing, and migrates it.
 *
 * @throws AgentError operator `STORE_FAILED` when it cannot be used.
 */
export async function openSqlite(path: string): Promise<Sql> {
  // Loaded here: an agent without a file does without the library.
  const { default: Libsql } = await import('libsql');
  return guard(path, 'open', () => {
    closeSync(openSync(path, 'a', 0o600));
    const connection = new Libsql(path);
    try {
      connection.pragma(`busy_timeout = ${BUSY_MS}`);
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      migrate(connection, path);
      return toSql(connection, path);
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

function toSql(connection: Connection, path: string): Sql {
  const prepared = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const statement = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const runAll = connection.transaction((statements: readonly Statement[]) => {
    for (const { sql, values } of statements) prepare(sql).run(...values);
  });
  return {
    all: async ({ sql, values }) =>
      guard(path, 'read', () => prepare(sql).all(...values) as readonly Record<string, unknown>[]),
    run: async (statements) => guard(path, 'write', () => runAll.immediate(statements)),
    close: async () => {
      prepared.clear();
      connection.close();
    },
  };
}

function migrate(connection: Connection, path: string): void {
  const apply = connection.transaction(() => {
    const [row] = connection.prepare('PRAGMA user_version').all() as { user_version: number }[];
    const version = row?.user_version ?? 0;
    if (version > MIGRATIONS.length) throw tooNew(path, version);
    for (const statements of MIGRATIONS.slice(version)) for (const sql of statements) connection.exec(sql);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
  apply.immediate();
}

function tooNew(path: string, version: number): AgentError {
  return new AgentError(`${path} was written by a newer agent: its schema has version ${version}`, {
    code: 'STORE_FAILED',
    disposition: 'operator',
    hint: 'Install the newer agent again, or set `state` to another path.',
  });
}

function guard<T>(path: string, what: 'open' | 'read' | 'write', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AgentError(`cannot ${what} the state file ${path}: ${reason}`, {
      code: 'STORE_FAILED',
      disposition: 'operator',
      hint: 'Check that the directory of `state` exists, has space and belongs to the user of the agent.',
      cause,
    });
  }
}
