import type { Journal, JournalSubject } from '../../src/store/journal.ts';
import type { JournalEvent } from '../../src/store/journal-entry.ts';

/** A journal that keeps nothing but what is recorded, in memory. */
export function keepingJournal(): Journal & { readonly kept: (JournalSubject & { readonly event: JournalEvent })[] } {
  const kept: (JournalSubject & { readonly event: JournalEvent })[] = [];
  return {
    kept,
    record: (about, event) => void kept.push({ ...about, event }),
    read: async () => [],
    verify: () => Promise.reject(new Error('nothing to verify')),
    follow: () => () => undefined,
    flush: async () => undefined,
  };
}
