import type { Json } from '../lib/json.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type EntryKind = 'http' | 'ws' | 'stomp' | 'event' | 'fault' | 'transition' | 'warning';

export type Entry = {
  readonly seq: number;
  /** Virtual time. */
  readonly t: string;
  readonly kind: EntryKind;
} & EntryData;

/** What an entry says; which keys are there depends on its kind. */
export interface EntryData {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  status?: number;
  readonly user?: string | undefined;
  ms?: number;
  readonly userAgent?: string | undefined;
  readonly requestHeaders?: Json;
  readonly requestBody?: Json;
  responseHeaders?: Json;
  responseBody?: Json;
  /** What a transition, event, fault or warning is about. */
  readonly object?: string;
  readonly uuid?: string;
  readonly from?: string;
  readonly to?: string;
  readonly detail?: Json;
}

/** What happened, in order; the oldest entries make room. */
export interface Journal {
  /** Whether HTTP entries carry headers and bodies; off by default because it is what costs. */
  bodies: boolean;
  add(kind: EntryKind, data: EntryData): Entry;
  /** Entries after `since`, of one kind when given, oldest first. */
  entries(since?: number, kind?: EntryKind): Entry[];
  clear(): void;
}

export function createJournal(clock: VirtualClock, capacity: number): Journal {
  let ring: Entry[] = [];
  let next = 1;
  const journal: Journal = {
    bodies: false,
    add: (kind, data) => {
      const entry = Object.assign(data, { seq: next, t: clock.stamp(), kind });
      ring[(next - 1) % capacity] = entry;
      next++;
      return entry;
    },
    entries: (since = 0, kind) => {
      const found: Entry[] = [];
      for (let seq = Math.max(since + 1, next - ring.length); seq < next; seq++) {
        const entry = ring[(seq - 1) % capacity];
        if (entry !== undefined && (kind === undefined || entry.kind === kind)) found.push(entry);
      }
      return found;
    },
    clear: () => {
      ring = [];
      next = 1;
    },
  };
  return journal;
}
