import type { OfferingConfig } from '../config/types.ts';
import type { Uuid } from '../lib/ids.ts';
import { toUuid } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Journal } from '../store/journal.ts';
import type { JournalEntry, JournalEvent } from '../store/journal-entry.ts';

/** What to look for in the journal. */
export interface HistoryQuery {
  /** UUID of a resource, its name, or its account. */
  readonly resource?: string | undefined;
  readonly order?: Uuid | undefined;
  readonly since?: Date | undefined;
  /** The newest so many. */
  readonly limit: number;
}

export type NamedOffering = Pick<OfferingConfig, 'name' | 'uuid'>;

const PAGE = 1000;
/** How far back a resource is looked for by its name. */
const SEARCHED = 100_000;

/** Entries of all the offerings, the oldest first. */
export async function readHistory(
  journal: Pick<Journal, 'read'>,
  offerings: readonly NamedOffering[],
  query: HistoryQuery,
): Promise<readonly JournalEntry[]> {
  const found: JournalEntry[] = [];
  for (const { uuid: offering } of offerings) {
    const resource = await resourceOf(journal, offering, query.resource);
    if (resource === null) continue;
    found.push(...(await readAll(journal, { ...query, offering, resource })));
  }
  return found.sort((a, b) => a.at.getTime() - b.at.getTime() || a.seq - b.seq).slice(-query.limit);
}

async function readAll(
  journal: Pick<Journal, 'read'>,
  { limit, ...query }: Parameters<Journal['read']>[0],
): Promise<readonly JournalEntry[]> {
  const found: JournalEntry[] = [];
  let before: number | undefined;
  while (found.length < limit) {
    const page = await journal.read({ ...query, before, limit: Math.min(PAGE, limit - found.length) });
    found.push(...page);
    before = page.at(-1)?.seq;
    if (before === undefined) break;
  }
  return found;
}

/** The UUID of the resource that is called so; undefined when none is asked for, null when there is none. */
async function resourceOf(
  journal: Pick<Journal, 'read'>,
  offering: Uuid,
  asked: string | undefined,
): Promise<Uuid | undefined | null> {
  if (asked === undefined) return undefined;
  const uuid = toUuid(asked);
  if (uuid !== undefined) return uuid;
  let before: number | undefined;
  for (let seen = 0; seen < SEARCHED; seen += PAGE) {
    const page = await journal.read({ offering, kinds: ['order', 'backend', 'drift'], before, limit: PAGE });
    const hit = page.find(({ event, resource }) => resource !== undefined && namesOf(event).includes(asked));
    if (hit?.resource !== undefined) return hit.resource;
    before = page.at(-1)?.seq;
    if (before === undefined) return null;
  }
  return null;
}

function namesOf(event: JournalEvent): readonly string[] {
  if (event.kind === 'order') return [event.name];
  return 'account' in event ? [event.account] : [];
}

/** An entry as programs get it. */
export function entryJson({ at, event, order, resource, ...entry }: JournalEntry): JsonObject {
  const about = { ...(order !== undefined && { order }), ...(resource !== undefined && { resource }) };
  return { ...entry, at: at.toISOString(), ...about, ...event } as unknown as JsonObject;
}
