import type { Clock } from '../lib/clock.ts';
import { checkKey } from '../plugin/document-rules.ts';
import { createMemoryDocuments, type Kept } from '../plugin/memory-documents.ts';
import { createMemoryJournal } from './memory-journal.ts';
import { createMemorySamples } from './memory-samples.ts';
import type { Store } from './store.ts';

/** A store that ends with the process. */
export function createMemoryStore(clock: Clock): Store {
  const namespaces = new Map<string, Map<string, Kept>>();
  return {
    isDurable: false,
    documents: (namespace, bound) => {
      const kept = namespaces.get(checkKey(namespace)) ?? new Map<string, Kept>();
      namespaces.set(namespace, kept);
      return createMemoryDocuments(clock, bound, kept);
    },
    samples: createMemorySamples(),
    journal: createMemoryJournal(),
    close: async () => namespaces.clear(),
  };
}
