import type { Json } from '../lib/json.ts';
import type { JournalEvent } from './journal-entry.ts';

/** Longest text kept of one value. */
const LONGEST_TEXT = 2000;
/** Longest event as JSON; what is longer loses its details. */
const LONGEST_EVENT = 16_384;

/** The event without secrets, and not too long. */
export function scrubEvent(event: JournalEvent, scrub: (text: string) => string): JournalEvent {
  const text = JSON.stringify(event);
  const isClean = text.length <= LONGEST_TEXT && scrub(text) === text;
  if (isClean) return event;
  // The names of the fields are ours, and so is the kind.
  const fields = Object.entries(event).map(([name, value]: [string, Json]) => [
    name,
    name === 'kind' ? value : cleaned(value, scrub),
  ]);
  const clean = Object.fromEntries(fields) as JournalEvent;
  if (JSON.stringify(clean).length <= LONGEST_EVENT || !('details' in clean)) return clean;
  return { ...clean, details: { omitted: 'too long' } };
}

function cleaned(value: Json, scrub: (text: string) => string): Json {
  if (typeof value === 'string') {
    // Scrubbed first: a cut could leave the half of a secret.
    const text = scrub(value);
    return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  }
  if (Array.isArray(value)) return value.map((item: Json) => cleaned(item, scrub));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [scrub(key), cleaned(item, scrub)]),
  );
}
