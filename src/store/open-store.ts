import { existsSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { createMemoryStore } from './memory-store.ts';
import type { Store } from './store.ts';

/**
 * The store that the setting `state` names: none is memory, a path is an SQLite file.
 *
 * @throws AgentError operator `STORE_FAILED` when the file cannot be used.
 */
export async function openStore(state: string | undefined, clock: Clock): Promise<Store> {
  if (state === undefined) return createMemoryStore(clock);
  // Loaded where there is a file.
  const [{ createSqlStore }, { openSqlite }] = await Promise.all([import('./sql-store.ts'), import('./sqlite.ts')]);
  return createSqlStore(await openSqlite(state), clock);
}

/** The same for a command beside the agent, which must not create the file: it may run as another user. */
export async function openExistingStore(state: string | undefined, clock: Clock): Promise<Store> {
  return await openStore(state !== undefined && existsSync(state) ? state : undefined, clock);
}
