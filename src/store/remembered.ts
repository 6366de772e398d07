import type { Uuid } from '../lib/ids.ts';
import type { Documents } from '../plugin/contract.ts';
import type { Bound } from '../plugin/document-rules.ts';
import type { Store } from './store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What the core remembers for an offering beside orders and accounts: who keeps it, how much of it, and until when. */
export const REMEMBERED = {
  /** Orders that ended, so that a late hint of one costs no request. */
  'finished-orders': { owner: 'orders', limit: 10_000, lifetimeMs: 7 * DAY },
  /** Accounts found absent once: an absence counts when it is seen twice. */
  absences: { owner: 'upkeep', limit: 10_000, lifetimeMs: DAY },
  /** Keys at the backend that Waldur does not know, with the time they were first seen. */
  'unknown-keys': { owner: 'orders', limit: 10_000, lifetimeMs: 30 * DAY },
  /** What was reported for months that are over. */
  'closed-months': { owner: 'usage', limit: 200_000, lifetimeMs: 400 * DAY },
  /** What a Waldur server was found to be able to do. Short, because servers are upgraded. */
  'server-abilities': { owner: 'waldur', limit: 100, lifetimeMs: DAY },
} as const satisfies Readonly<Record<string, Bound & { readonly owner: string }>>;

export type RememberedName = keyof typeof REMEMBERED;

export function remembered(store: Store, name: RememberedName, offering: Uuid): Documents {
  return store.documents(`core/${name}/${offering}`, REMEMBERED[name]);
}

/** The documents that a plugin gets as `context.store`. */
export function pluginDocuments(store: Store, offering: Uuid): Documents {
  return store.documents(`plugin/${offering}`);
}
