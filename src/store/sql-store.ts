import type { Clock } from '../lib/clock.ts';
import type { Sql } from './sql.ts';
import { createSqlDocuments } from './sql-documents.ts';
import { createSqlJournal } from './sql-journal.ts';
import { createSqlSamples } from './sql-samples.ts';
import type { Store } from './store.ts';

/** A store in a database that was migrated. */
export function createSqlStore(sql: Sql, clock: Clock): Store {
  return {
    isDurable: true,
    documents: (namespace, bound) => createSqlDocuments({ sql, clock, namespace, bound }),
    samples: createSqlSamples(sql),
    journal: createSqlJournal(sql),
    close: () => sql.close(),
  };
}
